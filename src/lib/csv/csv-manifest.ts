import * as z from 'zod';

export const MANIFEST_FILE = 'manifest.json';

/** A name in an archive or folder: no path, so that nothing leads outside. */
const fileName = z.string().regex(/^[^/\\\0]+\.csv$/);

const exportedTableSchema = z.object({
  schema: z.string(),
  name: z.string(),
  file: fileName,
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.number(),
  bytes: z.number(),
  sha256: z.string(),
});
export type ExportedTable = z.infer<typeof exportedTableSchema>;

export const csvManifestSchema = z.object({
  formatVersion: z.literal(1),
  tool: z.string(),
  database: z.string(),
  serverVersion: z.number(),
  /** Spreadsheet formulas were made harmless: texts are not as they are in the database. */
  formulaSafe: z.boolean(),
  tables: z.array(exportedTableSchema),
  sequences: z.array(
    z.object({ schema: z.string(), name: z.string(), lastValue: z.string(), isCalled: z.boolean() }),
  ),
});
/** What a folder or archive of CSV files holds: `manifest.json` in it. */
export type CsvManifest = z.infer<typeof csvManifestSchema>;
