alter table invoice add column gross numeric generated always as (net * (1 + vat)) stored;
