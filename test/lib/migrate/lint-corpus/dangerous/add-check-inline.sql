alter table invoice add column discount numeric check (discount between 0 and 1);
