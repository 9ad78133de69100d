drop index if exists invoice_issued_idx;
