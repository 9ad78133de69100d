alter table invoice disable trigger user;
