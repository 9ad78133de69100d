import { vocabulary, type LabelOf } from './base/column.js';

/** The verification frameworks; `meta` judges the other six. */
export const frameworkKind = vocabulary('bk.framework_kind', [
  'empirical',
  'contextual',
  'consistency',
  'power_dynamics',
  'utility',
  'evolution',
  'meta',
]);
export type FrameworkKind = LabelOf<typeof frameworkKind>;

/** The theories of truth behind a judgement. */
export const philosophy = vocabulary('bk.philosophy', [
  'positivist',
  'interpretivist',
  'pragmatist',
  'correspondence',
  'coherence',
  'constructivist',
]);
export type Philosophy = LabelOf<typeof philosophy>;

/** What kind of claim is verified. */
export const claimDomain = vocabulary('bk.claim_domain', [
  'empirical',
  'aesthetic',
  'ethical',
  'logical',
  'social',
  'creative',
]);
export type ClaimDomain = LabelOf<typeof claimDomain>;

/** From unimportant to critical; the database compares them in this order. */
export const severity = vocabulary('bk.severity', ['debug', 'info', 'warning', 'error', 'critical']);
export type Severity = LabelOf<typeof severity>;

/** A framework as callers may write it: the original system also says `evolutionary`. */
export type FrameworkName = FrameworkKind | 'evolutionary';

/** The framework as it is stored. */
export function frameworkOf(name: FrameworkName): FrameworkKind {
  return name === 'evolutionary' ? 'evolution' : name;
}
