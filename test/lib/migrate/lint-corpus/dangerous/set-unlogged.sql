alter table import_buffer set unlogged;
