do $$
begin
  if exists (select from pg_tables where tablename = 'invoice_old') then
    execute 'drop table invoice_old';
  end if;
end
$$;
