alter table customer add constraint customer_email_key unique using index customer_email_idx;
