alter table invoice validate constraint net_positive;
