alter table measurement attach partition measurement_2024 for values from ('2024-01-01') to ('2025-01-01');
