merge into stock s using recount r on true when matched then delete;
