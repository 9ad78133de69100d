alter table customer rename to client;
