drop sequence invoice_number_seq;
