delete from session s where s.expires < now() - interval '90 days' and exists (select from archive a where a.id = s.id);
