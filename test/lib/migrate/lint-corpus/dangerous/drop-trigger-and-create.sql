drop trigger if exists invoice_touch on invoice;
create trigger invoice_touch before update on invoice for each row execute function touch();
