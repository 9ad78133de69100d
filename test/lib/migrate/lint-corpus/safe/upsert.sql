insert into setting (key, value) values ('theme', 'dark')
on conflict (key) do update set value = excluded.value;
