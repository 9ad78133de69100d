-- bk-db: no-transaction
vacuum (full, analyze) invoice;
