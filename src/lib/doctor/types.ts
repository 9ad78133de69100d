import * as z from 'zod';

/** What looking at one thing showed. */
const diagnosisSchema = z.object({
  /** Such as `program.pg_dump`, `server.reachable`, `store.space`. */
  id: z.string(),
  status: z.enum(['ok', 'warning', 'failed', 'skipped']),
  message: z.string(),
  /** What to do; null where there is nothing to. */
  fix: z.string().nullable(),
});
export type Diagnosis = z.infer<typeof diagnosisSchema>;

/** The result of `bk-db doctor`. */
export const doctorReportSchema = z.object({
  /** True when nothing failed. */
  ok: z.boolean(),
  diagnoses: z.array(diagnosisSchema),
});
export type DoctorReport = z.infer<typeof doctorReportSchema>;
