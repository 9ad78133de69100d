alter table invoice add column seq serial;
