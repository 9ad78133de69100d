create table reminder (
  id bigint generated always as identity primary key,
  invoice_id bigint not null references invoice
);
