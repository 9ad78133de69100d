create table if not exists invoice (id bigint primary key, issued date);
create index if not exists invoice_issued_idx on invoice (issued);
