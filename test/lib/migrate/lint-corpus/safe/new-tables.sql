create table supplier (
  id bigint generated always as identity primary key,
  name text not null unique
);
create table delivery (
  id bigint generated always as identity primary key,
  supplier_id bigint not null references supplier,
  at timestamptz not null default now()
);
create index on delivery (supplier_id);
alter table delivery add column weight numeric not null, add check (weight > 0);
insert into supplier (name) values ('own stock');
update supplier set name = upper(name);
