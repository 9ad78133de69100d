import { quoteIdentifier } from '../core/database.js';
import type { GrantsResult, Task } from './types.js';

/** The statements that give a role what tasks need, least privileges first. Pure. */
export function grantStatements(
  tasks: readonly Task[],
  { role, database }: { readonly role: string; readonly database: string },
): GrantsResult['tasks'] {
  const [who, where] = [quoteIdentifier(role), quoteIdentifier(database)];
  const connect = `GRANT CONNECT ON DATABASE ${where} TO ${who};`;
  const byTask: Readonly<Record<Task, { readonly reason: string; readonly statements: readonly string[] }>> =
    {
      backup: {
        reason: 'Reads every table and sequence, also behind row security, whose rows a dump must not lose.',
        statements: [connect, `GRANT pg_read_all_data TO ${who};`, `ALTER ROLE ${who} BYPASSRLS;`],
      },
      restore: {
        reason:
          'Creates databases, and gives objects to their owners: make it a member of these roles, or restore with --no-owner.',
        statements: [`ALTER ROLE ${who} CREATEDB;`, `-- GRANT owner_of_the_objects TO ${who};`],
      },
      migrate: {
        reason: 'Creates schemas and owns what it makes; objects that others made need their owner.',
        statements: [
          connect,
          `GRANT CREATE ON DATABASE ${where} TO ${who};`,
          `-- GRANT owner_of_the_schema TO ${who};`,
        ],
      },
      csv: {
        reason: 'Reads and writes rows, and keeps temporary tables while it imports.',
        statements: [
          connect,
          `GRANT TEMPORARY ON DATABASE ${where} TO ${who};`,
          `GRANT pg_read_all_data, pg_write_all_data TO ${who};`,
        ],
      },
      health: {
        reason: 'Sees other sessions, statistics and settings; without it these checks are unknown.',
        statements: [connect, `GRANT pg_monitor TO ${who};`],
      },
    };
  return tasks.map((task) => ({
    task,
    reason: byTask[task].reason,
    statements: [...byTask[task].statements],
  }));
}
