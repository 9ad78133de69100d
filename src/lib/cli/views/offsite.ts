import { formatBytes, formatDuration, plural } from '../../core/format.js';
import type { PulledBackup, PushedBackup } from '../../offsite/types.js';
import { fields } from '../fields.js';
import type { Paint } from '../terminal.js';

/** What `backup push` did. */
export function pushedView(pushed: PushedBackup, paint: Paint): string {
  const { files, sentFiles, sentBytes, durationMs, rotated } = pushed;
  const known = files - sentFiles;
  const rest = known === 0 ? '' : `; ${plural(known, 'file')} already there`;
  return fields(
    `${paint('green', 'pushed')} ${pushed.database}: ${paint('bold', pushed.id)}`,
    [
      ['where', pushed.remote],
      ['sent', `${plural(sentFiles, 'file')}, ${formatBytes(sentBytes)}${rest}`],
      ['took', formatDuration(durationMs)],
      ...rotated.map(({ id }) => ['removed', `${id}, which no rule keeps`] as const),
    ],
    paint,
  );
}

/** What `backup pull` did. */
export function pulledView(pulled: PulledBackup, paint: Paint): string {
  return fields(
    `${paint('green', 'pulled')} ${pulled.database}: ${paint('bold', pulled.id)}`,
    [
      ['from', pulled.remote],
      ['where', pulled.path],
      ['size', formatBytes(pulled.totals.sizeBytes)],
      ['checked', `${plural(pulled.files.length, 'file')}, sha256`],
    ],
    paint,
  );
}
