alter table invoice
  add column memo text,
  add column paid boolean not null default false,
  add column seen timestamptz not null default now();
