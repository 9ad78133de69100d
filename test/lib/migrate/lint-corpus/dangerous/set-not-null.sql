alter table invoice alter column issued set not null, alter column net set default 0;
