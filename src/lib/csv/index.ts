/** Tables to and from CSV. */
export { exportCsv, type ExportCsvOptions } from './export-csv.js';
export { importCsv, type ImportCsvOptions } from './import-csv.js';
export { importExport, type ImportExportOptions } from './import-export.js';
export {
  csvAnyImportResultSchema,
  csvExportResultSchema,
  csvImportAllResultSchema,
  csvImportResultSchema,
  IMPORT_MODES,
  ON_ERROR,
  type CsvExportResult,
  type CsvImportAllResult,
  type CsvImportResult,
  type ImportMode,
} from './types.js';
