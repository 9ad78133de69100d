import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../../src/lib/health/checks/all.js';
import type { Sections } from '../../../src/lib/health/sections.js';
import type { ServerFacts } from '../../../src/lib/health/collectors/server.js';
import { evaluateChecks, type ThresholdOverrides } from '../../../src/lib/health/evaluate.js';
import { getCheck } from '../../../src/lib/health/select.js';
import { CHECK_CASES, idle } from './check-cases.js';
import { database, snapshotWith } from './healthy-snapshot.js';

function judge(
  id: string,
  sections: Partial<Sections>,
  facts: Partial<ServerFacts> = {},
  overrides: ThresholdOverrides = {},
) {
  const [finding] = evaluateChecks([getCheck(id)], snapshotWith(sections, facts), overrides);
  if (finding === undefined) throw new Error('no finding');
  return finding;
}

describe('checks', () => {
  it.each(CHECK_CASES)('$id is $status: $what', ({ id, status, sections, facts }) => {
    const finding = judge(id, sections, facts);
    expect(finding.status).toBe(status);
    expect(finding.summary).not.toBe('');
    const acts = status === 'info' || status === 'warning' || status === 'critical';
    if (acts) expect(finding.remedy?.text).toMatch(/\.$/);
  });

  it('has a case for every check, and one in which it stays silent', () => {
    for (const { id } of CHECKS) {
      const statuses = CHECK_CASES.filter((found) => found.id === id).map(({ status }) => status);
      expect(statuses, id).toContain('ok');
      expect(
        statuses.some((status) => ['info', 'warning', 'critical'].includes(status)),
        id,
      ).toBe(true);
    }
  });

  it.each(CHECKS.map((check) => [check.id, check] as const))('%s explains itself', (id, check) => {
    expect(id).toMatch(/^[a-z]+\.[a-z_]+$/);
    expect(check.why).toMatch(/\.$/);
    expect(check.advice).toMatch(/\.$/);
    expect(check.title).toMatch(/^\S.*[^.]$/);
  });

  it('takes other limits than its own', () => {
    const databases = [database({ xidAge: 5_000_000 })];
    expect(judge('wrap.xid', { databases }).status).toBe('ok');
    const finding = judge('wrap.xid', { databases }, {}, { 'wrap.xid': { warning: 1_000_000 } });
    expect(finding).toMatchObject({ status: 'warning', threshold: { warning: 1_000_000 } });
  });

  it('says unknown, never ok, for what could not be read', () => {
    for (const check of CHECKS.filter(({ needs }) => needs.length > 0)) {
      const snapshot = snapshotWith({});
      const failed = Object.fromEntries(
        check.needs.map((name) => [name, { state: 'failed', reason: 'permission denied' }]),
      );
      const [finding] = evaluateChecks([check], {
        ...snapshot,
        sections: { ...snapshot.sections, ...failed },
      });
      expect(finding, check.id).toMatchObject({ status: 'unknown' });
      expect(finding?.summary).toContain('permission denied');
    }
  });

  it('ends this session and no later one with the same pid', () => {
    expect(judge('conn.idle_in_txn', { activity: [idle(400_000)] }).remedy?.sql).toEqual([
      "select pg_terminate_backend(pid) from pg_stat_activity where pid = 7 and date_trunc('milliseconds', backend_start) = '2026-11-22T11:00:00.000Z';",
    ]);
  });

  it('quotes names in what is to be copied', () => {
    const invalidIndexes = [{ schema: 'a"b', name: 'c; d', table: 't', partitioned: false, leftover: false }];
    expect(judge('idx.invalid', { invalidIndexes }).remedy?.sql).toEqual([
      'reindex index concurrently "a""b"."c; d";',
    ]);
  });
});
