alter table invoice add column currency char(3) default 'EUR' references currency (code);
