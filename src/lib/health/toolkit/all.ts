import { toBkDbError } from '../../core/to-error.js';
import type { Section } from '../snapshot.js';
import { backups } from './backups.js';
import { disk } from './disk.js';
import { migrations } from './migrations.js';
import { absent, type Source, type SourceInput } from './source.js';
import { tools } from './tools.js';

/** Every source by the name of the snapshot's section that it fills. */
const SOURCES = { migrations, backups, tools, disk } as const;

export type SourceName = keyof typeof SOURCES;
type Collected<S> = S extends Source<infer T> ? T : never;
/** What each of these sections holds. */
export type ToolkitSections = { readonly [N in SourceName]: Collected<(typeof SOURCES)[N]> };

/** Reads one source; what goes wrong becomes the section's reason. Without deps there is nothing to read. */
export async function readSource(
  name: SourceName,
  input: SourceInput | undefined,
): Promise<Section<unknown>> {
  if (input === undefined) return absent('the caller did not say where migrations and backups are');
  try {
    return await SOURCES[name](input);
  } catch (error) {
    input.signal.throwIfAborted();
    return { state: 'failed', reason: toBkDbError(error).message };
  }
}
