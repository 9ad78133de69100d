export {
  checkHealth,
  examine,
  type Examination,
  type HealthDeps,
  type HealthOptions,
} from './check-health.js';
export { acceptFindings } from './accept.js';
export { explainCheck, explainChecks, listChecks, type CheckFacts } from './explain.js';
export { buildLockTree } from './lock-tree.js';
export { parseThresholds } from './thresholds.js';
export { fails } from './verdict.js';
export { explanationsSchema, healthReportSchema } from './types.js';
export type {
  CheckStatus,
  Explanation,
  Finding,
  HealthReport,
  LockNode,
  Threshold,
  Verdict,
} from './types.js';
export type { ToolkitDeps } from './toolkit/source.js';
export { isClient, type Session } from './collectors/activity.js';
export type { SectionName, Sections } from './sections.js';
export type { Snapshot } from './snapshot.js';
export type { EndOutcome, SessionIdentity } from './end-session.js';
export { Watcher, type WatchSample } from './watch.js';
export type { Vitals } from './vitals.js';
export type { TableFacts } from './collectors/table-list.js';
export type { StatementFacts } from './collectors/statements.js';
export type { IndexFacts } from './collectors/index-list.js';
