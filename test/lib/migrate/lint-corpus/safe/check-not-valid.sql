alter table invoice add constraint net_positive check (net >= 0) not valid;
