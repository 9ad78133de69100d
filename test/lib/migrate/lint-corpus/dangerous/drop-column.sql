alter table customer drop column if exists fax cascade;
