export { checkHealth, type HealthDeps, type HealthOptions } from './check-health.js';
export { explainCheck } from './explain.js';
export { buildLockTree } from './lock-tree.js';
export { fails } from './verdict.js';
export { explanationSchema, healthReportSchema } from './types.js';
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
