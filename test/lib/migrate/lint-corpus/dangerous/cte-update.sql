with changed as (
  update invoice set vat = 0.21 returning id
)
select count(*) from changed;
