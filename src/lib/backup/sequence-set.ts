import type { TocEntry } from './archive-toc.js';
import type { BackupSequence } from './types.js';

const SETVAL = /, (-?\d+), (true|false)\);\s*$/;

/** A sequence's state from its SEQUENCE SET entry; undefined for any other entry. */
export function parseSequenceSet(entry: TocEntry): BackupSequence | undefined {
  if (entry.desc !== 'SEQUENCE SET') return undefined;
  const match = SETVAL.exec(entry.definition ?? '');
  if (match?.[1] === undefined) return undefined;
  return {
    schema: entry.namespace ?? '',
    name: entry.tag,
    lastValue: match[1],
    isCalled: match[2] === 'true',
  };
}
