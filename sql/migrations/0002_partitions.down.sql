drop function bk.maintain_partitions(timestamptz);
drop function bk.drop_partitions_before(text, timestamptz);
drop function bk.seal_partition(text, text, timestamptz, timestamptz);
drop function bk.ensure_partitions(text, timestamptz, timestamptz);
drop function bk.create_partition(bk.partition_policies, timestamptz, timestamptz);
drop function bk.partitions(text);

drop table bk.partition_seals;
drop table bk.partition_policies;
