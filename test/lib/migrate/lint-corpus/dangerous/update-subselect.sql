update invoice set open = false where (select max(closed_at) from period) is not null;
