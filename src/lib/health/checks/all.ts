import type { Check } from '../check.js';
import { backupRoutineChecks } from './backup-routine.js';
import { bloatChecks } from './bloat.js';
import { configurationChecks } from './configuration.js';
import { connectionChecks } from './connections.js';
import { databaseChecks } from './databases.js';
import { indexChecks } from './indexes.js';
import { lockChecks } from './locks.js';
import { replicationChecks } from './replication.js';
import { schemaChecks } from './schema.js';
import { serverChecks } from './server.js';
import { toolkitChecks } from './toolkit.js';
import { usageChecks } from './usage.js';
import { wraparoundChecks } from './wraparound.js';

/** Every check, in the order in which reports show them. */
export const CHECKS: readonly Check[] = [
  ...connectionChecks,
  ...lockChecks,
  ...wraparoundChecks,
  ...replicationChecks,
  ...databaseChecks,
  ...schemaChecks,
  ...bloatChecks,
  ...indexChecks,
  ...configurationChecks,
  ...usageChecks,
  ...serverChecks,
  ...toolkitChecks,
  ...backupRoutineChecks,
];
