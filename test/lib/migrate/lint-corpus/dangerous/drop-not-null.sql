alter table invoice alter column customer_id drop not null;
