/** Tables to and from CSV. */
export { importCsv, type ImportCsvOptions } from './import-csv.js';
export {
  csvImportResultSchema,
  IMPORT_MODES,
  ON_ERROR,
  type CsvImportResult,
  type ImportMode,
} from './types.js';
