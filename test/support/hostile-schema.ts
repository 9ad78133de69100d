/** A schema made of what trips backup tools: odd names, odd tables, odd values. Plain SQL. */
export const HOSTILE_SCHEMA = `
  create schema "My ""Schema""";
  create schema "naïve-схема";
  create table "My ""Schema"""."semi;colon -- comment" (id int primary key, "a ""b""" text, "new
line" text);
  insert into "My ""Schema"""."semi;colon -- comment" values (1, E'tab\\tnewline\\nbackslash\\\\', null), (2, '\\.', '');
  create table "naïve-схема"."-leading dash" ("select" int, "ünï" text);
  insert into "naïve-схема"."-leading dash" select i, repeat('ж', i) from generate_series(1, 50) i;
  create table "naïve-схема"."it's
two lines" (v text);
  insert into "naïve-схема"."it's
two lines" values ('a'), ('b');
  create table "x FROM stdin;" (v int); insert into "x FROM stdin;" values (7);
  create table zero_columns (); insert into zero_columns default values; insert into zero_columns default values;
  create table empty_table (id int);
  create unlogged table unlogged_table as select 1 as v;
  create table generated (id int generated always as identity, doubled int generated always as (base * 2) stored, base int);
  insert into generated (base) select i from generate_series(1, 20) i;
  create table parent (id int, day date) partition by range (day);
  create table parent_2025 partition of parent for values from ('2025-01-01') to ('2026-01-01');
  create table parent_2026 partition of parent for values from ('2026-01-01') to ('2027-01-01');
  create table "parent_rest" partition of parent default;
  insert into parent select i, '2025-12-25'::date + i from generate_series(1, 30) i;
  create table base_table (a int, b text); create table child_table (c int) inherits (base_table);
  insert into base_table values (1, 'base'); insert into child_table values (2, 'child', 3);
  create domain positive as int check (value > 0); create type mood as enum ('fine', 'so so');
  create type pair as (x int, y text);
  create table values_of_all_kinds (
    ts timestamptz, f4 real, f8 double precision, span interval, raw bytea, doc json, docb jsonb, spot point,
    cash money, arr text[], p positive, m mood, c pair, r int4range, n numeric, x xml, b bit(5), net inet, u uuid);
  insert into values_of_all_kinds values
    ('2026-03-29 01:30+01', 'NaN', -0.0, '1 mon -2 days 03:04:05.678', '\\\\x00ff5c0a', '{"a" : 1}', '{"b": [1, null]}', '(1.5,-2)',
     '$1,234.56', array['a,b', null, '"q"'], 5, 'so so', row(1, 'z
z'), '[1,5)', 'Infinity', '<a>&amp;</a>', B'10101', '10.0.0.0/8', '00000000-0000-0000-0000-000000000001'),
    (null, 1e-45, 1.7976931348623157e308, null, '', null, null, null, null, '{}', null, null, null, 'empty', 0.1000, null, null, null, null);
  create sequence "Weird ""Seq""" minvalue -9223372036854775808; select setval('"Weird ""Seq"""', -9007199254740993);
  create sequence untouched start 42;
  create materialized view sums as select count(*) as n from generated;
  select lo_from_bytea(0, '\\x0102'::bytea || convert_to(repeat('large', 50000), 'UTF8')), lo_from_bytea(0, ''), lo_from_bytea(0, 'x');
  create table left_side (id int primary key, other int); create table right_side (id int primary key, other int references left_side);
  insert into left_side values (1, 1); insert into right_side values (1, 1);
  alter table left_side add foreign key (other) references right_side deferrable initially deferred;
`;
/** How many tables of it hold data of their own. */
export const HOSTILE_TABLES = 16;
