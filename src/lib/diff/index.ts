export { diffSchemas } from './diff-schemas.js';
export { diffResultSchema, type DiffResult } from './types.js';
