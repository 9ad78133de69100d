import * as z from 'zod';
import { EXIT_STATUSES } from '../core/errors.js';

/** The JSON schema (draft 2020-12) of everything a command may print with --json, given the schema of its `data`. */
export function envelopeSchema(command: string, data: z.ZodType): unknown {
  const success = z.object({
    ok: z.literal(true),
    command: z.literal(command),
    data,
    warnings: z.array(z.string()),
    exitStatus: z.number().int().optional(),
  });
  const failure = z.object({
    ok: z.literal(false),
    command: z.literal(command),
    error: z.object({
      code: z.enum(Object.keys(EXIT_STATUSES)),
      message: z.string(),
      hint: z.string().nullable(),
      exitStatus: z.number().int(),
      details: z.record(z.string(), z.unknown()),
    }),
  });
  return z.toJSONSchema(z.union([success, failure]), {
    target: 'draft-2020-12',
    unrepresentable: 'any',
    io: 'output',
  });
}
