alter table invoice alter column issued type timestamptz using issued at time zone 'UTC', alter note type varchar(20);
