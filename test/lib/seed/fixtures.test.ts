import { describe, expect, it } from 'vitest';
import { seedsOf } from '../../../src/lib/seed/domains.js';
import { createFixtures, type Row } from '../../../src/lib/seed/fixtures.js';

const AS_OF = new Date('2025-06-01T00:00:00Z');
const fixtures = createFixtures('bk', AS_OF);

function rowsOf(table: string, unit = 0, from = fixtures): Row[] {
  const seed = seedsOf().find(({ tables }) => table in tables);
  return [...(seed?.aggregates(from, unit) ?? [])].flatMap(({ rows }) => rows[table] ?? []);
}

function countBy(rows: readonly Row[], column: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const row of rows) counts[String(row[column])] = (counts[String(row[column])] ?? 0) + 1;
  return counts;
}

describe.each(seedsOf().map((seed) => [seed.domain, seed] as const))('fixtures of %s', (_, seed) => {
  it('are the same every time, in whatever order units are made', () => {
    const later = [...seed.aggregates(fixtures, 2)];
    const first = [...seed.aggregates(fixtures, 0)];
    const again = createFixtures('bk', AS_OF);
    expect([...seed.aggregates(again, 0)]).toEqual(first);
    expect([...seed.aggregates(again, 2)]).toEqual(later);
  });

  it('share no id and no name between units', () => {
    const aggregates = [0, 1, 2].flatMap((unit) => [...seed.aggregates(fixtures, unit)]);
    const names = aggregates.map(({ root, key }) => `${root} ${key}`);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(aggregates.map(({ root, id }) => `${root} ${id}`)).size).toBe(names.length);
  });

  it('are other ones with another seed', () => {
    const [mine] = seed.aggregates(fixtures, 0);
    const [other] = seed.aggregates(createFixtures('other', AS_OF), 0);
    expect(other?.rows).not.toEqual(mine?.rows);
  });

  it('lie within the 90 days before the present, apart from deadlines', () => {
    const times = [...seed.aggregates(fixtures, 0), ...seed.aggregates(fixtures, 1)]
      .flatMap(({ rows }) => Object.values(rows).flat())
      .flatMap((row) => Object.entries(row))
      .filter(
        ([column, value]) => value instanceof Date && !/^(deadline|expires|claim_expires)_at$/.test(column),
      )
      .map(([, value]) => Number(value));
    expect(Math.max(...times)).toBeLessThanOrEqual(AS_OF.getTime());
    expect(Math.min(...times)).toBeGreaterThanOrEqual(AS_OF.getTime() - 90 * 86_400_000);
  });
});

describe('the demo', () => {
  it('has requests in all states', () => {
    const requests = rowsOf('verification.requests');
    expect(countBy(requests, 'status')).toEqual({
      completed: 522,
      failed: 24,
      timeout: 12,
      cancelled: 12,
      pending: 18,
      in_progress: 12,
    });
    expect(requests.filter((row) => row['reverifies_id'] !== null)).toHaveLength(10);
    expect(requests.filter((row) => row['redacted_at'] !== null)).toHaveLength(3);
    expect(Object.keys(countBy(requests, 'client_id'))).toHaveLength(12);
  });

  it('asks the busiest client first: the first has more requests than the last five', () => {
    const counts = Object.values(countBy(rowsOf('verification.requests'), 'client_id')).toSorted(
      (a, b) => b - a,
    );
    expect(counts[0]).toBeGreaterThan(counts.slice(-5).reduce((sum, count) => sum + count, 0));
  });

  it('works by day', () => {
    const hours = rowsOf('verification.requests').map((row) => (row['created_at'] as Date).getUTCHours());
    const within = (from: number, to: number) => hours.filter((hour) => hour >= from && hour < to).length;
    expect(within(11, 17)).toBeGreaterThan(2 * within(0, 6));
  });

  it('judges in about 400 ms, with 3 % technical errors', () => {
    const results = [0, 1, 2].flatMap((unit) => rowsOf('verification.results', unit));
    const times = results.map((row) => Number(row['execution_time_ms'])).toSorted((a, b) => a - b);
    expect(times[Math.floor(times.length / 2)]).toBeGreaterThan(360);
    expect(times[Math.floor(times.length / 2)]).toBeLessThan(440);
    expect(times[Math.floor(times.length * 0.99)]).toBeGreaterThan(2_500);
    expect((countBy(results, 'outcome')['error'] ?? 0) / results.length).toBeCloseTo(0.03, 2);
  });

  it('decides on all seven types of proposals, in every way', () => {
    const proposals = rowsOf('consensus.proposals');
    expect(Object.keys(countBy(proposals, 'proposal_type'))).toHaveLength(7);
    expect(Object.keys(countBy(proposals, 'status')).toSorted()).toEqual([
      'accepted',
      'conditionally_accepted',
      'pending',
      'rejected',
      'timeout',
      'voting',
      'withdrawn',
    ]);
    expect(proposals.find((row) => row['proposal_key'] === 'climate-consensus-001-v2')).toMatchObject({
      supersedes_id: proposals.find((row) => row['proposal_key'] === 'climate-consensus-001')?.['id'],
    });
    expect(
      proposals.filter((row) => row['quorum_fraction'] === 1 && row['status'] === 'accepted'),
    ).toHaveLength(1);
    expect(rowsOf('consensus.ballots')).toHaveLength(55);
    expect(rowsOf('consensus.node_trust')).toHaveLength(252);
  });

  it('grants exactly 10,000 of power, unevenly', () => {
    const grants = rowsOf('power_dynamics.ledger').filter((row) => row['kind'] === 'grant');
    const amounts = grants.map((row) => Math.round(Number(row['amount']) * 1e6));
    expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(10_000_000_000);
    expect(Math.max(...amounts)).toBeGreaterThan(5 * (10_000_000_000 / 60));
  });

  it('leaves one conflict unresolved', () => {
    const conflicts = rowsOf('power_dynamics.events').filter((row) => row['kind'] === 'conflict_started');
    expect(conflicts.filter((row) => row['ended_at'] === null)).toHaveLength(1);
  });

  it('evolves: the best fitness never falls, and stands still for a while', () => {
    const generations = rowsOf('evolution.generations');
    const best = generations.slice(0, 10).map((row) => Number(row['max_fitness']));
    expect(best).toEqual(best.toSorted((a, b) => a - b));
    expect(best[6]).toBe(best[4]);
    expect(best[9]).toBeGreaterThan(best[6] ?? 1);
  });
});
