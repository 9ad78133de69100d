create index concurrently if not exists invoice_open_idx on invoice (customer_id) where not paid;
