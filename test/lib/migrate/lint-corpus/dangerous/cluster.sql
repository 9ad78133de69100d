cluster invoice using invoice_issued_idx;
