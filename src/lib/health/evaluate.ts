import type { Check, CheckInput, Outcome } from './check.js';
import { skipped, unknown } from './check.js';
import type { SectionName } from './sections.js';
import type { Snapshot } from './snapshot.js';
import type { Finding, Threshold } from './types.js';

/** Other limits than a check's own, by check id. */
export type ThresholdOverrides = Readonly<Record<string, { warning?: number; critical?: number | null }>>;

/**
 * Judges a snapshot: one finding per check, in the checks' order. What could not be read is unknown, never ok. Pure.
 */
export function evaluateChecks(
  checks: readonly Check[],
  snapshot: Snapshot,
  overrides: ThresholdOverrides = {},
): Finding[] {
  return checks.map((check) => {
    const threshold = check.threshold === null ? null : { ...check.threshold, ...overrides[check.id] };
    const { status, summary, evidence, remedy } = outcomeOf(check, snapshot, threshold);
    return {
      id: check.id,
      title: check.title,
      status,
      summary,
      evidence: [...evidence],
      threshold,
      remedy,
      accepted: null,
    };
  });
}

function outcomeOf(check: Check, snapshot: Snapshot, threshold: Threshold | null): Outcome {
  const data: Partial<Record<SectionName, unknown>> = {};
  for (const name of check.needs) {
    const section = snapshot.sections[name];
    if (section === undefined) return unknown(`${name} was not collected`);
    if (section.state === 'failed') return unknown(`could not be read: ${section.reason}`);
    if (section.state === 'absent') return skipped(section.reason);
    data[name] = section.data;
  }
  return check.evaluate({
    ...data,
    server: snapshot.server,
    threshold: threshold ?? { warning: null, critical: null, unit: 'count' },
  } as CheckInput<SectionName>);
}
