export { findLacking } from './check-grants.js';
export { grantStatements } from './statements.js';
export { grantsResultSchema } from './types.js';
