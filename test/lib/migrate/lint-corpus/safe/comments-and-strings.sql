comment on table invoice is 'drop table invoice; delete from invoice';
-- truncate invoice
/* vacuum full; */
select $$ drop schema shop cascade $$;
