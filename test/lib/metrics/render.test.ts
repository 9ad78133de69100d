import { describe, expect, it } from 'vitest';
import type { Examination } from '../../../src/lib/health/index.js';
import { CHECKS } from '../../../src/lib/health/checks/all.js';
import { evaluateChecks } from '../../../src/lib/health/evaluate.js';
import { judge } from '../../../src/lib/health/verdict.js';
import type { Observed } from '../../../src/lib/metrics/family.js';
import { FAMILIES, renderMetrics } from '../../../src/lib/metrics/render.js';
import { database, hiddenSession, session, slot, snapshotWith } from '../health/healthy-snapshot.js';

function examinationOf(snapshot = snapshotWith({})): Examination {
  const findings = evaluateChecks(CHECKS, snapshot);
  return {
    snapshot,
    report: {
      takenAt: '2026-11-22T12:00:00.000Z',
      durationMs: 1,
      server: {
        version: '15.18',
        role: 'primary',
        database: 'shop',
        user: 'app',
        startedAt: '2026-11-01T00:00:00.000Z',
        seesEverything: true,
      },
      verdict: judge(findings),
      counts: { ok: 0, info: 0, skipped: 0, unknown: 0, warning: 0, critical: 0 },
      findings,
      lockTree: [],
    },
  };
}

async function textOf(examination: Observed): Promise<string> {
  return (await renderMetrics({ up: true, examinations: [examination], durationMs: 5 })).text;
}

describe('renderMetrics', () => {
  it.each(FAMILIES.map((family) => [family.name, family] as const))(
    '%s is named as Prometheus asks',
    (name, family) => {
      expect(name).toMatch(/^bk_db_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(family.type === 'counter');
      expect(name).not.toMatch(/_(ms|milliseconds|kb|percent|count)(_|$)/);
      expect(family.help).toMatch(/\.$/);
    },
  );

  it('gives every family of a healthy server a value', async () => {
    const text = await textOf(examinationOf(snapshotWith({ slots: [slot()] })));
    const absent = FAMILIES.filter(
      ({ name }) => !text.includes(`\n${name}{`) && !text.includes(`\n${name} `),
    );
    expect(absent.map(({ name }) => name)).toEqual(['bk_db_sequence_used_ratio']);
  });

  it('keeps what could not be renewed, and says that it is old', async () => {
    const text = await textOf({ ...examinationOf(), isOutdated: true });
    expect(text).toContain('bk_db_collector_success{collector="sequences"} 0\n');
    expect(text).toContain(
      `bk_db_collector_last_success_timestamp_seconds{collector="sequences"} ${Date.parse('2026-11-22T12:00:00Z') / 1_000}\n`,
    );
    expect(text).toContain('bk_db_check_status{check="seq.exhaustion"} 0\n');
  });

  it('counts connections by state, hidden ones too', async () => {
    const activity = [session(), session({ state: 'active', queryAgeMs: 2_500 }), hiddenSession];
    const text = await textOf(examinationOf(snapshotWith({ activity })));
    expect(text).toContain('bk_db_connections{database="shop",state="idle"} 1\n');
    expect(text).toContain('bk_db_connections{database="shop",state="hidden"} 1\n');
    expect(text).toContain('bk_db_oldest_query_seconds 2.5\n');
  });

  it('says nothing, rather than 0, of what could not be read', async () => {
    const { server, sections } = snapshotWith({});
    const failed = { ...sections, locks: { state: 'failed', reason: 'lock timeout' } as const };
    const text = await textOf(examinationOf({ server, sections: failed }));
    expect(text).not.toContain('bk_db_blocked_sessions');
    expect(text).toContain('bk_db_collector_success{collector="locks"} 0\n');
    expect(text).toContain('bk_db_check_status{check="lock.blocked"} 3\n');
  });

  it('tells of a server that is down', async () => {
    const { text } = await renderMetrics({ up: false, examinations: [], durationMs: 5 });
    expect(text).toContain('bk_db_up 0\n');
    expect(text).not.toContain('bk_db_check_status');
  });

  it('bounds labels and the number of series', async () => {
    const databases = Array.from({ length: 2_000 }, (_, number) =>
      database({ name: `${'x'.repeat(100)}${number}` }),
    );
    const { text, series } = await renderMetrics({
      up: true,
      examinations: [examinationOf(snapshotWith({ databases }))],
      durationMs: 5,
    });
    expect(series).toBeLessThanOrEqual(5_003);
    expect(Number(/^bk_db_series_dropped (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(1_000);
    const long = await textOf(
      examinationOf(snapshotWith({ databases: [database({ name: 'y'.repeat(500) })] })),
    );
    expect(long).not.toContain('y'.repeat(129));
  });

  it('escapes label values', async () => {
    const text = await textOf(examinationOf(snapshotWith({ slots: [slot({ name: 'a"b\nc' })] })));
    expect(text).toContain('bk_db_slot_active{slot="a\\"b\\nc"} 1\n');
  });

  it('speaks OpenMetrics when asked', async () => {
    const rendered = await renderMetrics({ up: true, examinations: [examinationOf()], durationMs: 5 }, true);
    expect(rendered.contentType).toContain('application/openmetrics-text');
    expect(rendered.text).toMatch(/# EOF\n$/);
  });
});
