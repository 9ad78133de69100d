alter table invoice add column extra json;
