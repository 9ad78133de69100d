alter table invoice add column state text;
update invoice set state = 'open' where paid_at is null;
