alter table measurement detach partition measurement_2019;
