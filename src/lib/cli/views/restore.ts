import type { Proof, RestoreResult, UndoResult } from '../../restore/types.js';
import { formatDuration, plural } from '../../core/format.js';
import type { Paint } from '../terminal.js';

/** What `restore` did, for the person who ran it. */
export function restoredView(result: RestoreResult, paint: Paint): string {
  const { durations, proof } = result;
  if (result.dryRun) {
    const place = plannedPlace(result);
    return `${result.foreign ?? 'backup'} ${result.id} is good, and the server has what it needs; database ${paint('bold', result.database)} ${place}; nothing was written`;
  }
  const how = howInto(result);
  const lines = [
    `${paint('green', 'restored')} ${result.id} into ${paint('bold', result.database)} (${how})`,
    `  took      ${formatDuration(durations.totalMs)} (checking the backup ${formatDuration(durations.checkMs)}, restoring ${formatDuration(durations.restoreMs)}, proving ${formatDuration(durations.proofMs)})`,
  ];
  if (result.foreign !== null) lines.push(`  found     ${result.foreign}`);
  if (result.replaced !== null) {
    const undo = '`bk-db restore --undo` brings it back';
    lines.push(`  replaced  the old database is kept as ${result.replaced}; ${undo}`);
  }
  if (proof === null)
    return [
      ...lines,
      `  verified  ${paint('yellow', 'no: --no-verify was given, or the backup has no fingerprints')}`,
    ].join('\n');
  const extras = [
    ...(proof.sequences > 0 ? [plural(proof.sequences, 'sequence')] : []),
    ...(proof.largeObjects > 0 ? [plural(proof.largeObjects, 'large object')] : []),
  ];
  const rest = extras.length === 0 ? '' : `; ${extras.join(' and ')} too`;
  const tables = `${plural(proof.tables, 'table')}, ${plural(proof.rows, 'row')}, sha256`;
  const byRows = proof.byRowsOnly.length;
  const less = byRows === 0 ? '' : `; ${plural(byRows, 'table')} by number of rows alone`;
  return [
    ...lines,
    proof.tables === 0 && (proof.inventory['table'] ?? 0) > 0
      ? `  verified  ${paint('yellow', 'no rows: the archive has none that can be compared (no COPY in it)')}${rest}`
      : `  verified  every table equal (${tables}${less})${rest}`,
    `            ${schemaLine(proof)}`,
    ...invariantLines(proof.invariants, paint),
  ].join('\n');
}

function schemaLine({ objects, inventory }: Proof): string {
  const count = (kind: string, kinds?: string) => plural(inventory[kind] ?? 0, kind, kinds);
  const counted = [
    count('table'),
    count('index', 'indexes'),
    count('constraint'),
    count('trigger'),
    count('function'),
  ];
  return objects === null
    ? `the schema was counted, not compared: ${counted.join(', ')}`
    : `schema equal (${plural(objects, 'object')}: indexes, constraints, triggers, functions, rights, comments)`;
}

function invariantLines(invariants: Proof['invariants'], paint: Paint): string[] {
  if (invariants === null) return [];
  const { checked, broken } = invariants;
  if (broken.length === 0) return [`            bk.verify(): ${plural(checked, 'rule')} hold`];
  const names = broken.map(({ name, violations }) => `${name} (${violations})`).join(', ');
  return [`            ${paint('yellow', `bk.verify() finds ${names}`)}`];
}

function howInto({ created, replaced, format }: RestoreResult): string {
  if (format === 'csv') return 'into the tables that were there';
  if (replaced !== null) return 'in place of the one that was there';
  return created ? 'a new database' : 'which was empty';
}

function plannedPlace({ created, replaced, format }: RestoreResult): string {
  if (format === 'csv') return 'has its tables';
  if (replaced !== null) return 'would be replaced, and its old content kept';
  return created ? 'would be created' : 'exists and is empty';
}

/** What `restore --undo` did. */
export function undoneView({ database, from, replaced }: UndoResult, paint: Paint): string {
  return `${paint('green', 'brought back')} ${database} (it was kept as ${from}); what took its place is kept as ${replaced}`;
}
