import { describe, expect, it } from 'vitest';
import type { CheckStatus, Finding } from '../../../src/lib/health/types.js';
import { fails, judge } from '../../../src/lib/health/verdict.js';

function findings(...statuses: CheckStatus[]): Finding[] {
  return statuses.map((status, index) => ({
    id: `a.${index}`,
    title: 'title',
    status,
    summary: `saw ${index}`,
    evidence: [],
    threshold: null,
    remedy: null,
    accepted: null,
  }));
}

describe('judge', () => {
  it.each<[CheckStatus[], string]>([
    [['ok', 'skipped', 'info'], 'ok'],
    [['ok', 'unknown'], 'unknown'],
    [['unknown', 'warning'], 'warning'],
    [['warning', 'critical', 'ok'], 'critical'],
    [['skipped'], 'unknown'],
    [[], 'unknown'],
  ])('%j is %s', (statuses, status) => {
    expect(judge(findings(...statuses)).status).toBe(status);
  });

  it('counts in words and leads with the worst', () => {
    expect(judge(findings('ok', 'warning', 'warning', 'critical'))).toEqual({
      status: 'critical',
      summary: '1 critical, 2 warnings, 1 ok',
      headline: 'a.3: saw 3',
    });
  });
});

describe('fails', () => {
  it.each([
    ['critical', 'critical', true],
    ['warning', 'critical', false],
    ['warning', 'warn', true],
    ['unknown', 'warn', false],
    ['critical', 'never', false],
  ] as const)('%s with --fail-on %s: %s', (verdict, failOn, expected) => {
    expect(fails(verdict, failOn)).toBe(expected);
  });
});
