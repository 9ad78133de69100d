alter type invoice_state add value if not exists 'disputed' after 'open';
