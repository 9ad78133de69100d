import { formatBytes, formatCount, plural } from '../../core/format.js';
import type { ArchiveListing } from '../../restore/types.js';
import { fields } from '../fields.js';
import { renderTable } from '../table.js';
import type { Paint } from '../terminal.js';

/** What `restore --list` found. */
export function listingView(listing: ArchiveListing, paint: Paint): string {
  const { foreign, totals, objects, roles, extensions } = listing;
  const head = fields(
    paint('bold', listing.path),
    [
      ['what', foreign ?? `${listing.format} backup of bk-db, PostgreSQL ${listing.serverVersion}`],
      ['database', listing.database ?? 'not told by the archive'],
      ['encoding', listing.encoding],
      [
        'content',
        `${plural(totals.tables, 'table')}, ${totals.rows === null ? 'rows not counted' : plural(totals.rows, 'row')}, ${plural(totals.largeObjects, 'large object')}`,
      ],
      ...(objects === null ? [] : [['objects', countsOf(objects)] as const]),
      ...(roles === null ? [] : [['roles', roles.join(', ') || '-'] as const]),
      ...(extensions === null ? [] : [['extensions', extensions.join(', ') || '-'] as const]),
    ],
    paint,
  );
  if (listing.tables.length === 0) return head;
  const table = renderTable<ArchiveListing['tables'][number]>(
    [
      { head: 'table', value: ({ schema, name }) => `${schema}.${name}` },
      { head: 'rows', value: ({ rows }) => (rows === null ? '?' : formatCount(rows)), align: 'right' },
      {
        head: 'bytes',
        value: ({ copyBytes }) => (copyBytes === null ? '?' : formatBytes(copyBytes)),
        align: 'right',
      },
    ],
    listing.tables,
    paint,
  );
  return `${head}\n\n${table}`;
}

/** `table 12, index 5`: pg_dump's own names of the kinds. */
function countsOf(objects: Readonly<Record<string, number>>): string {
  return Object.entries(objects)
    .map(([kind, count]) => `${kind} ${formatCount(count)}`)
    .join(', ');
}
