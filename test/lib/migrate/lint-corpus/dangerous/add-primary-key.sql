alter table tag add primary key (name);
