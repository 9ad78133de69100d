import type { ConnectionTarget } from '../../core/connection.js';
import type { PgToolsDeps } from '../../core/pg-tools.js';
import type { ServerFacts } from '../collectors/server.js';
import type { Section } from '../snapshot.js';

/** A folder, and whether somebody named it or it is the default. */
export interface Folder {
  readonly directory: string;
  readonly configured: boolean;
}

/** What bk-db itself knows beside the server: its own migrations, backups and programs. */
export interface ToolkitDeps {
  readonly migrations: Folder;
  readonly backups: Folder;
  readonly pgTools: PgToolsDeps;
}

export interface SourceInput extends ToolkitDeps {
  readonly target: ConnectionTarget;
  readonly server: ServerFacts;
  readonly signal: AbortSignal;
}

/** Reads one part of the snapshot that does not come from the server's catalogue. */
export type Source<T> = (input: SourceInput) => Promise<Section<T>>;

/** A part that was read. */
export function collected<T>(data: T): Section<T> {
  return { state: 'collected', data };
}

/** A part that does not apply here. */
export function absent<T>(reason: string): Section<T> {
  return { state: 'absent', reason };
}
