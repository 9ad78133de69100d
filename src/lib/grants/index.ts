export { findLacking } from './check-grants.js';
export { grantStatements } from './statements.js';
export { grantsResultSchema, TASKS, type GrantsResult, type Task } from './types.js';
