delete from session where 1 = 1;
