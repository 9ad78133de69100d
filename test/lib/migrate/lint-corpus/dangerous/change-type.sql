alter table invoice alter column id type bigint;
