import { BkDbError } from '../../core/errors.js';
import { findToolFor } from '../../core/pg-tools.js';
import { collected, type Source } from './source.js';

/** The pg_dump that a backup would use, or why there is none. */
export type ToolFacts =
  { readonly path: string; readonly version: string } | { readonly problem: string; readonly hint: string };

/** Looks for a pg_dump that is new enough for the server. */
export const tools: Source<ToolFacts> = async ({ pgTools, server }) => {
  try {
    const { path, version } = await findToolFor(pgTools, 'pg_dump', Math.floor(server.versionNum / 10_000));
    return collected({ path, version });
  } catch (error) {
    if (!(error instanceof BkDbError) || error.code !== 'TOOL_MISSING') throw error;
    return collected({
      problem: error.message,
      hint: error.hint ?? 'Install the PostgreSQL client programs.',
    });
  }
};
