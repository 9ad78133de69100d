alter table invoice add column due date not null;
