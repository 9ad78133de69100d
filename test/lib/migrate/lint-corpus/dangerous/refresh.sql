refresh materialized view revenue;
