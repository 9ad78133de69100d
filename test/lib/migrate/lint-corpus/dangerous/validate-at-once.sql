alter table invoice add constraint net_positive check (net >= 0) not valid;
alter table invoice validate constraint net_positive;
