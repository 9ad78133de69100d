import { it } from 'vitest';
import { createSchemaDatabase } from '../../support/schema-database.js';
it('nan', async () => {
  const d = await createSchemaDatabase({ poolSize: 1 });
  const cols = await d.sql`select n.nspname||'.'||c.relname as t, a.attname as c, format_type(a.atttypid,a.atttypmod) as ty from pg_attribute a join pg_class c on c.oid=a.attrelid join pg_namespace n on n.oid=c.relnamespace where a.attnum>0 and not attisdropped and attgenerated='' and c.relkind in ('r','p') and not c.relispartition and nspname in ('bk','verification','consensus','framework','power_dynamics','evolution') and a.atttypid in ('float8'::regtype,'float4'::regtype,'numeric'::regtype)`;
  const holes: string[] = [];
  for (const { t, c, ty } of cols) {
    await d.sql.unsafe(`drop table if exists probe; create temp table probe (like ${t} including constraints)`);
    const nn = await d.sql`select attname from pg_attribute where attrelid='probe'::regclass and attnum>0 and attnotnull`;
    for (const r of nn) await d.sql.unsafe(`alter table probe alter column ${r['attname']} drop not null`);
    for (const v of ['NaN', 'Infinity', '-Infinity'])
      await d.sql.unsafe(`insert into probe (${c}) values ('${v}')`).then(() => holes.push(`${t}.${c} ${ty} takes ${v}`), () => 0);
  }
  console.log(cols.length, holes.join('\n'));
  await d.drop();
});
