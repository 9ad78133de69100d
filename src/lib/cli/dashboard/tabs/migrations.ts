import type { Sections } from '../../../health/index.js';
import { formatDuration, formatTime } from '../../format.js';
import { dataOf, defineTab } from './tab.js';

type MigrationRow = Sections['migrations']['all'][number];

/** The migrations and what became of them, the latest first. */
export const migrationsTab = defineTab<MigrationRow>({
  title: 'Migrations',
  needs: ['migrations'],
  list: (sample) => (dataOf(sample, 'migrations')?.all ?? []).toReversed(),
  key: ({ label }) => label,
  columns: [
    {
      head: 'state',
      width: 13,
      text: ({ state }) => state,
      style: ({ state }) => (state === 'applied' ? 'green' : 'yellow'),
    },
    {
      head: 'applied',
      width: 20,
      from: 60,
      text: ({ appliedAt }) => (appliedAt === null ? '' : formatTime(appliedAt)),
    },
    { head: 'took', width: 9, align: 'right', from: 80, text: ({ durationMs }) => tookText(durationMs) },
    { head: 'by', width: 12, from: 110, text: ({ appliedBy }) => appliedBy },
    { head: 'migration', width: 30, text: ({ label }) => label },
  ],
  words: ({ state, appliedBy, durationMs }) => ({ state, user: appliedBy, ageMs: durationMs }),
  detail: (migration) => ({
    facts: {
      migration: migration.label,
      kind: migration.kind,
      state: migration.state,
      file: migration.file,
      'applied at': migration.appliedAt,
      'applied by': migration.appliedBy,
      took: tookText(migration.durationMs),
    },
  }),
  copy: ({ file, label }) => file ?? label,
  record: (migration) => ({ ...migration }),
  mark: (sample) => {
    const unsettled = dataOf(sample, 'migrations')?.unsettled ?? [];
    return unsettled.length === 0 ? undefined : { text: '▲', style: 'yellow' };
  },
  empty: 'there are no migrations',
});

function tookText(ms: number | null): string {
  return ms === null ? '' : formatDuration(ms);
}
