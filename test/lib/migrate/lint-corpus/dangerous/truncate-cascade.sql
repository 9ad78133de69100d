truncate customer restart identity cascade;
