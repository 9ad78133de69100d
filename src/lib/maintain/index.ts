export { createPartitionsAhead, type PartitionsAheadDeps } from './create-partitions-ahead.js';
export { maintain, type MaintainDeps, type MaintainOptions } from './maintain.js';
export { maintainResultSchema, type MaintainResult } from './types.js';
