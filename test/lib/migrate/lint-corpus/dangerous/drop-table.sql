drop table customer_old, customer_older;
