alter table invoice add constraint invoice_customer foreign key (customer_id) references customer (id);
