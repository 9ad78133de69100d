import * as z from 'zod';

const dialectSchema = z.object({
  /** One ASCII character. */
  delimiter: z.string(),
  quote: z.string(),
  /** What makes a quote inside quotes a character: the quote itself, or a backslash. */
  escape: z.string(),
  newline: z.enum(['lf', 'crlf', 'cr']),
  /** By its WHATWG label, such as `utf-8`, `utf-16le`, `windows-1252`. */
  encoding: z.string(),
  bom: z.boolean(),
  header: z.boolean(),
});
/** The form of a CSV file. */
export type Dialect = z.infer<typeof dialectSchema>;

export const IMPORT_MODES = ['insert', 'ignore', 'upsert', 'replace'] as const;
export type ImportMode = (typeof IMPORT_MODES)[number];

export const ON_ERROR = ['abort', 'reject'] as const;

const rejectedRowSchema = z.object({
  /** First line of the record in the file, from 1. */
  line: z.number(),
  /** Its last line: another one where a quoted field holds newlines. */
  endLine: z.number(),
  /** The column at fault, where that is known. */
  column: z.string().nullable(),
  /** The value at fault, cut to 200 characters, where that is known. */
  value: z.string().nullable(),
  /** PostgreSQL's SQLSTATE; null for a record that is no proper CSV. */
  sqlState: z.string().nullable(),
  reason: z.string(),
});
/** A record that does not fit, and why. */
export type RejectedRow = z.infer<typeof rejectedRowSchema>;

export const csvImportResultSchema = z.object({
  file: z.string(),
  /** `schema.table`. */
  table: z.string(),
  mode: z.enum(IMPORT_MODES),
  dryRun: z.boolean(),
  dialect: dialectSchema,
  /** Columns of the table that the file fills, in the file's order. */
  columns: z.array(z.string()),
  /** Columns of the file that were left out. */
  ignored: z.array(z.string()),
  bytes: z.number(),
  /** Records in the file, without header and blank lines. */
  records: z.number(),
  /** Rows that were inserted or changed. */
  loaded: z.number(),
  /** Rows that mode ignore passed over, or that upsert found unchanged. */
  unchanged: z.number(),
  rejected: z.number(),
  /** The first of them. */
  rejects: z.array(rejectedRowSchema),
  rejectFile: z.string().nullable(),
  /** Sequences that were moved past the data. */
  sequences: z.array(z.object({ sequence: z.string(), value: z.string() })),
  durationMs: z.number(),
});
export type CsvImportResult = z.infer<typeof csvImportResultSchema>;

/** How an exported file is written. */
export interface OutputForm {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
  /** What stands for null outside quotes. */
  readonly nullMarker: string;
}

export const csvExportResultSchema = z.object({
  /** Path, or `-` for standard output. */
  output: z.string(),
  tables: z.array(
    z.object({
      /** `schema.table`, or `query`. */
      table: z.string(),
      rows: z.number(),
      /** Of the CSV, before any compression. */
      bytes: z.number(),
      /** SHA-256 of the CSV. */
      sha256: z.string(),
    }),
  ),
  /** Name of the manifest in the folder or archive. */
  manifest: z.string().nullable(),
  durationMs: z.number(),
});
export type CsvExportResult = z.infer<typeof csvExportResultSchema>;

export const csvImportAllResultSchema = z.object({
  path: z.string(),
  /** In the order in which they were loaded. */
  tables: z.array(z.object({ table: z.string(), rows: z.number() })),
  rows: z.number(),
  /** How many sequences were put where they stood. */
  sequences: z.number(),
  durationMs: z.number(),
});
export type CsvImportAllResult = z.infer<typeof csvImportAllResultSchema>;

/** What `csv import` gives: of one file, or of a whole export. */
export const csvAnyImportResultSchema = z.union([csvImportResultSchema, csvImportAllResultSchema]);

export const csvInferResultSchema = z.object({
  file: z.string(),
  table: z.string(),
  dialect: dialectSchema,
  rows: z.number(),
  columns: z.array(z.object({ name: z.string(), type: z.string(), nullable: z.boolean() })),
  /** The CREATE TABLE statement. */
  ddl: z.string(),
});
export type CsvInferResult = z.infer<typeof csvInferResultSchema>;
