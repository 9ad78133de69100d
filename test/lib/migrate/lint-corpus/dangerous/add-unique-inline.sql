alter table customer add column handle text unique;
