alter table invoice alter column net set default 0, alter column memo drop default;
