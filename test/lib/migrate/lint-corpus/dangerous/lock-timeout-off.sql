set lock_timeout = 0;
alter table invoice add column memo text;
