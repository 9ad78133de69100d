/** Tables to and from CSV. */
export { CsvDigest } from './csv-digest.js';
export { openExport } from './open-export.js';
export { exportCsv, type ExportCsvOptions } from './export-csv.js';
export { importCsv, type ImportCsvOptions } from './import-csv.js';
export { importExport, type ImportExportOptions } from './import-export.js';
export { inferCsv, type InferCsvOptions } from './infer-csv.js';
export {
  csvAnyImportResultSchema,
  csvExportResultSchema,
  csvImportAllResultSchema,
  csvImportResultSchema,
  csvInferResultSchema,
  IMPORT_MODES,
  ON_ERROR,
  type CsvExportResult,
  type CsvImportAllResult,
  type CsvImportResult,
  type CsvInferResult,
  type ImportMode,
} from './types.js';
