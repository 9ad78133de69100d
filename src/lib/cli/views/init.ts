import type { InitResult } from '../../init/index.js';
import { formatCount, formatDuration, plural } from '../format.js';
import type { Paint } from '../terminal.js';

/** What `init` found and did, a line for each part. */
export function initView(result: InitResult, paint: Paint): string {
  const { target, migrations, seed, safetyBackup, durationMs } = result;
  const lines = [
    `${databaseWords(result)}: ${target}`,
    ...(safetyBackup === null ? [] : [`safety backup: ${safetyBackup.path}`]),
    ...(migrations === null ? [] : [`migrations: ${migrationWords(migrations)}`]),
    ...(seed === null
      ? []
      : [
          `seed (${seed.level}): ${plural(seed.total.inserted, 'row')} inserted, ${formatCount(seed.total.unchanged)} there already`,
        ]),
  ];
  return [...lines, paint('green', `ready in ${formatDuration(durationMs)}`)].join('\n');
}

function databaseWords({ created, dropped }: InitResult): string {
  if (dropped) return 'database dropped and created again';
  return created ? 'database created' : 'database exists';
}

function migrationWords(migrations: NonNullable<InitResult['migrations']>): string {
  const { applied, toVersion } = migrations;
  if (applied.length === 0) return `up to date${toVersion === null ? '' : ` at ${toVersion}`}`;
  return `${plural(applied.length, 'migration')} applied, now at ${toVersion ?? 'none'}`;
}
