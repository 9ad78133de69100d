import * as z from 'zod';

/** From harmless to bad. `info` is advice, `skipped` does not apply here, `unknown` could not be seen. */
export const CHECK_STATUSES = ['ok', 'info', 'skipped', 'unknown', 'warning', 'critical'] as const;
export const VERDICT_STATUSES = ['ok', 'unknown', 'warning', 'critical'] as const;
const THRESHOLD_UNITS = ['ms', 'bytes', 'percent', 'count', 'transactions', 'ratio'] as const;

const statusSchema = z.enum(CHECK_STATUSES);
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const thresholdSchema = z.object({
  warning: z.number().nullable(),
  critical: z.number().nullable(),
  unit: z.enum(THRESHOLD_UNITS),
});

const remedySchema = z.object({
  /** What to do, in a sentence. */
  text: z.string(),
  /** Statements to copy; never executed by bk-db. */
  sql: z.array(z.string()),
});

const findingSchema = z.object({
  id: z.string(),
  title: z.string(),
  status: statusSchema,
  /** What was seen, in one line. */
  summary: z.string(),
  evidence: z.array(z.record(z.string(), scalar)),
  threshold: thresholdSchema.nullable(),
  remedy: remedySchema.nullable(),
  /** Why it does not decide the verdict; null for what does. */
  accepted: z.object({ reason: z.string(), until: z.string().nullable() }).nullable().default(null),
});

const lockNodeBase = z.object({
  /** 0 stands for a prepared transaction, which has no process. */
  pid: z.number(),
  user: z.string().nullable(),
  applicationName: z.string().nullable(),
  state: z.string().nullable(),
  /** How long the session's transaction has been open. */
  transactionAgeMs: z.number().nullable(),
  query: z.string().nullable(),
  backendStart: z.string().nullable(),
  /** What it waits for; null for a root. */
  waitsFor: z
    .object({
      lockType: z.string(),
      mode: z.string(),
      relation: z.string().nullable(),
      waitMs: z.number().nullable(),
    })
    .nullable(),
  /** Further sessions that block it, beside the one under which it is shown. */
  alsoBlockedBy: z.array(z.number()),
});

const lockNodeSchema = lockNodeBase.extend({
  get blocked() {
    return z.array(lockNodeSchema);
  },
});

const serverSummarySchema = z.object({
  version: z.string(),
  role: z.enum(['primary', 'standby']),
  database: z.string(),
  user: z.string(),
  startedAt: z.string(),
  /** True when the role may see every session and statistic. */
  seesEverything: z.boolean(),
});

const verdictSchema = z.object({
  status: z.enum(VERDICT_STATUSES),
  /** Counts in words, such as `1 critical, 2 warnings, 14 ok`. */
  summary: z.string(),
  /** The worst finding in one line; null when there is none. */
  headline: z.string().nullable(),
});

export const healthReportSchema = z.object({
  takenAt: z.string(),
  durationMs: z.number(),
  server: serverSummarySchema,
  verdict: verdictSchema,
  counts: z.record(statusSchema, z.number()),
  findings: z.array(findingSchema),
  lockTree: z.array(lockNodeSchema),
});

const explanationSchema = z.object({
  id: z.string(),
  title: z.string(),
  tier: z.enum(['fast', 'slow', 'deep']),
  why: z.string(),
  threshold: thresholdSchema.nullable(),
  remedy: z.string(),
});

/** The result of `health explain`: one check, or all of them. */
export const explanationsSchema = z.union([
  explanationSchema,
  z.object({ checks: z.array(explanationSchema) }),
]);

export type CheckStatus = (typeof CHECK_STATUSES)[number];
export type VerdictStatus = (typeof VERDICT_STATUSES)[number];
export type Threshold = Readonly<z.infer<typeof thresholdSchema>>;
export type Remedy = Readonly<z.infer<typeof remedySchema>>;
export type Finding = Readonly<z.infer<typeof findingSchema>>;
export type Evidence = Finding['evidence'][number];
export type LockNode = Readonly<z.infer<typeof lockNodeSchema>>;
export type Verdict = Readonly<z.infer<typeof verdictSchema>>;
export type HealthReport = Readonly<z.infer<typeof healthReportSchema>>;
export type Explanation = Readonly<z.infer<typeof explanationSchema>>;
