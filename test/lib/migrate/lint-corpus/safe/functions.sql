create or replace function purge_invoices() returns void language plpgsql as $$
begin
  delete from invoice;
  execute 'truncate session';
end
$$;
