import { describe, expect, it } from 'vitest';
import { planSeed } from '../../../src/lib/seed/plan.js';

const domainsOf = (options: Parameters<typeof planSeed>[0]) =>
  planSeed(options).seeds.map(({ domain }) => domain);

describe('planSeed', () => {
  it('seeds all domains, those that others refer to first', () => {
    expect(domainsOf({})).toEqual(['verification', 'framework', 'power_dynamics', 'evolution', 'consensus']);
  });

  it('adds the domain that a chosen one refers to', () => {
    expect(domainsOf({ domains: ['consensus'] })).toEqual(['verification', 'consensus']);
    expect(domainsOf({ domains: ['evolution'] })).toEqual(['evolution']);
  });

  it('knows the scale of each level', () => {
    expect(planSeed({ level: 'reference' }).scale).toBe(0);
    expect(planSeed({ level: 'demo' }).scale).toBe(1);
    expect(planSeed({ level: 'load' }).scale).toBe(10);
    expect(planSeed({ level: 'load', scale: 3 }).scale).toBe(3);
  });

  it.each([
    { level: 'demo', scale: 3 },
    { level: 'load', scale: 0 },
    { level: 'load', scale: 1.5 },
    { level: 'reference', domains: ['evolution'] },
  ] as const)('refuses %o', (options) => {
    expect(() => planSeed(options)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
