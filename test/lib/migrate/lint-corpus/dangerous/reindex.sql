reindex (verbose) table invoice;
