export { initialise, type InitDeps, type InitOptions } from './initialise.js';
export { inspectDatabase, type DatabaseContents } from './inspect-database.js';
export { initResultSchema, type InitResult } from './types.js';
