import { describe, expect, it } from 'vitest';
import type { LedgerRow } from '../../../src/lib/migrate/ledger.js';
import type { Migration } from '../../../src/lib/migrate/migration.js';
import { findPending, findProblems, findReverts, planMigrations } from '../../../src/lib/migrate/plan.js';
import { checksumOf, cosmeticChecksumOf } from '../../../src/lib/migrate/script.js';
import { compareVersions, isMeantBy, isWithin } from '../../../src/lib/migrate/version.js';

function file(version: string, text = `select '${version}'`): Migration {
  const source = { path: `/m/${version}`, file: version };
  const kind = version.startsWith('R__') ? 'repeatable' : 'versioned';
  return { version, name: 'n', kind, up: source, down: source, text, checksum: checksumOf(text) };
}

let sequence = 0;
function row(version: string, text = `select '${version}'`, more: Partial<LedgerRow> = {}): LedgerRow {
  return {
    version,
    name: 'n',
    kind: version.startsWith('R__') ? 'repeatable' : 'versioned',
    state: 'applied',
    checksum: checksumOf(text),
    cosmeticChecksum: cosmeticChecksumOf(text),
    sequence: ++sequence,
    appliedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
    appliedBy: 'me',
    ...more,
  };
}

const states = (files: Migration[], rows: LedgerRow[]) =>
  planMigrations(files, rows).map(({ version, state }) => `${version} ${state}`);

describe('compareVersions', () => {
  it('counts instead of spelling', () => {
    const versions = ['10', '0002', '1.10', '1.9', '20240101120000', '1'];
    expect(versions.sort(compareVersions)).toEqual(['1', '1.9', '1.10', '0002', '10', '20240101120000']);
    expect(compareVersions('0001', '1.0')).toBe(0);
    expect(compareVersions('0001_a', '1_b')).toBeLessThan(0);
  });

  it('takes in all that share a number when only the number is given', () => {
    expect(isWithin('0001_b', '1')).toBe(true);
    expect(isWithin('0001_b', '0001_a')).toBe(false);
    expect([isMeantBy('0001_b', '1'), isMeantBy('0001_b', '1_a'), isMeantBy('10', '1')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('planMigrations', () => {
  it('tells every state', () => {
    const files = [file('1'), file('2', 'select 2'), file('3', 'select 3'), file('4'), file('6'), file('7')];
    const rows = [
      row('1'),
      row('2', 'SELECT 2 -- x'),
      row('3', 'select 33'),
      row('5'),
      row('6', undefined, { state: 'unfinished' }),
    ];
    expect(states(files, rows)).toEqual([
      '1 applied',
      '2 cosmetic',
      '3 edited',
      '4 out-of-order',
      '5 missing',
      '6 unfinished',
      '7 pending',
    ]);
  });

  it('finds a file again whose number is spelled otherwise', () => {
    expect(states([file('1', 'a')], [row('0001', 'a')])).toEqual(['1 applied']);
  });

  it('leaves alone what a baseline covers', () => {
    const baseline = row('2', '', { kind: 'baseline' });
    expect(states([file('1'), file('2'), file('3')], [baseline])).toEqual([
      '1 baseline',
      '2 baseline',
      '3 pending',
    ]);
  });

  it('runs a repeatable migration again when it changed, after the versioned ones', () => {
    const plan = planMigrations([file('R__v', 'b'), file('1')], [row('R__v', 'a')]);
    expect(findPending(plan, {}).map(({ version }) => version)).toEqual(['1', 'R__v']);
    expect(findPending(plan, { to: '1' }).map(({ version }) => version)).toEqual(['1']);
  });
});

describe('findProblems', () => {
  it('names what was edited, vanished or is late', () => {
    const plan = planMigrations([file('1', 'x'), file('2'), file('4')], [row('1'), row('3'), row('4')]);
    expect(findProblems(plan).map(({ version }) => version)).toEqual(['1', '2', '3']);
  });
});

describe('findReverts', () => {
  it('goes back in the order of application', () => {
    const plan = planMigrations([file('1'), file('2'), file('3')], [row('1'), row('3'), row('2')]);
    const versions = (limits: Parameters<typeof findReverts>[1]) =>
      findReverts(plan, limits).map(({ version }) => version);
    expect(versions({})).toEqual(['2']);
    expect(versions({ step: 2 })).toEqual(['2', '3']);
    expect(versions({ to: '1' })).toEqual(['2', '3']);
    expect(versions({ to: '0' })).toEqual(['2', '3', '1']);
  });
});
