import type { DriftResult, SchemaDifference, VerifyResult } from '../../migrate/index.js';
import { plural } from '../format.js';
import type { Paint, Style } from '../terminal.js';

const CHANGES: Readonly<Record<SchemaDifference['change'], readonly [string, Style]>> = {
  missing: ['-', 'red'],
  extra: ['+', 'green'],
  changed: ['~', 'yellow'],
};

/** Long definitions, such as function bodies, are for --json. */
const LONGEST_DEFINITION = 160;

/** A difference, with both definitions where it is a change. */
export function differenceLines(difference: SchemaDifference, paint: Paint): readonly string[] {
  const { change, kind, name, expected, actual } = difference;
  const [sign, style] = CHANGES[change];
  const line = paint(style, `${sign} ${kind} ${name}`);
  if (expected === null || actual === null) return [line];
  return [line, `    expected ${shorten(expected)}`, `    found    ${shorten(actual)}`];
}

function shorten(definition: string): string {
  const text = definition.replace(/\s+/g, ' ');
  return text.length <= LONGEST_DEFINITION ? text : `${text.slice(0, LONGEST_DEFINITION)}...`;
}

const VERDICT_STYLES: Readonly<Record<VerifyResult['migrations'][number]['verdict'], Style>> = {
  reversible: 'green',
  irreversible: 'yellow',
  repeatable: 'dim',
  differs: 'red',
  failed: 'red',
};

/** A line for each migration; below one whose way back is wrong, what is left (+), lost (-) or changed (~). */
export function verifyView({ migrations }: VerifyResult, paint: Paint): string {
  return migrations
    .flatMap(({ label, verdict, error, differences }) => [
      `${paint(VERDICT_STYLES[verdict], verdict.padEnd(12))}  ${label}`,
      ...(error === null ? [] : [`  ${error}`]),
      ...differences.flatMap((difference) => differenceLines(difference, paint).map((line) => `  ${line}`)),
    ])
    .join('\n');
}

/** Statements that were left out of a scratch database. */
export function notReplayedLines(statements: DriftResult['notReplayed'], paint: Paint): string[] {
  return statements.map(({ file, line, statement }) =>
    paint('dim', `not replayed, because it changes more than its database: ${file}:${line}  ${statement}`),
  );
}

/** What the database has beside its migrations (+), lacks (-) or has otherwise (~), and the verdict. */
export function driftView({ differences, currentVersion, notReplayed }: DriftResult, paint: Paint): string {
  const at = currentVersion ?? 'its beginning';
  const skipped = notReplayedLines(notReplayed, paint);
  if (differences.length === 0)
    return [...skipped, `no drift: the schema is what the migrations up to ${at} make`].join('\n');
  return [
    ...differences.flatMap((difference) => differenceLines(difference, paint)),
    '',
    ...skipped,
    `${plural(differences.length, 'difference')} from the migrations up to ${at}`,
  ].join('\n');
}
