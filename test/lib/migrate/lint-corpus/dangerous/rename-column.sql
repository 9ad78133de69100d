alter table customer rename column mail to email;
