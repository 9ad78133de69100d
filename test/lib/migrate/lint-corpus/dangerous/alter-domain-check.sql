alter domain postcode add check (value ~ '^[0-9]+$');
