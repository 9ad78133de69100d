create or replace view open_invoice as select * from invoice where not paid;
grant select on open_invoice to clerk;
