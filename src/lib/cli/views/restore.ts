import type { RestoreResult } from '../../restore/types.js';
import { formatDuration, plural } from '../../core/format.js';
import type { Paint } from '../terminal.js';

/** What `restore` did, for the person who ran it. */
export function restoredView(result: RestoreResult, paint: Paint): string {
  const { durations, proof } = result;
  if (result.dryRun) {
    const place = result.created ? 'would be created' : 'exists and is empty';
    return `backup ${result.id} is good, and the server has what it needs; database ${paint('bold', result.database)} ${place}; nothing was written`;
  }
  const how = result.created ? 'a new database' : 'which was empty';
  const lines = [
    `${paint('green', 'restored')} ${result.id} into ${paint('bold', result.database)} (${how})`,
    `  took      ${formatDuration(durations.totalMs)} (checking the backup ${formatDuration(durations.checkMs)}, restoring ${formatDuration(durations.restoreMs)}, proving ${formatDuration(durations.proofMs)})`,
  ];
  if (proof === null)
    return [...lines, `  verified  ${paint('yellow', 'no: --no-verify was given')}`].join('\n');
  const extras = [plural(proof.sequences, 'sequence')];
  if (proof.largeObjects > 0) extras.push(plural(proof.largeObjects, 'large object'));
  return [
    ...lines,
    `  verified  every table equal (${plural(proof.tables, 'table')}, ${plural(proof.rows, 'row')}, sha256), ${extras.join(' and ')} too`,
  ].join('\n');
}
