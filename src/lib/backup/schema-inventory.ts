import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import type { Queryable } from '../core/database.js';
import { listSchemaObjects } from '../migrate/index.js';
import { openFile, type ArchiveAccess } from './open-archive.js';
import type { ArchivePlace } from './types.js';

/** One object of a database's schema, such as an index or a trigger; `sha256` is of its whole definition. */
const inventoryEntrySchema = z.object({ kind: z.string(), name: z.string(), sha256: z.string() });
export type InventoryEntry = z.infer<typeof inventoryEntrySchema>;

/** Counts up whenever definitions are worded in another way; then only names can be compared with an older list. */
const VERSION = 2;

const inventorySchema = z.object({ version: z.number().default(1), objects: z.array(inventoryEntrySchema) });

export interface Inventory {
  readonly objects: readonly InventoryEntry[];
  /** Whether the hashes can be compared with those that {@link takeInventory} makes. */
  readonly comparable: boolean;
}

/** A backup's file of the schema's objects. */
export const INVENTORY_FILE = 'schema.json';

/**
 * Lists every object of the database's schema from its catalogue. Names are given in full whatever the session's
 * search_path, which is therefore changed until the transaction ends.
 */
export async function takeInventory(transaction: Queryable): Promise<InventoryEntry[]> {
  await transaction`select pg_catalog.set_config('search_path', '', true)`;
  const objects = await listSchemaObjects(transaction);
  return objects.map(({ kind, name, definition }) => ({
    kind,
    name,
    sha256: createHash('sha256').update(definition).digest('hex'),
  }));
}

/** The list as a file's content, one object to a line. */
export function formatInventory(objects: readonly InventoryEntry[]): string {
  const lines = objects.map((object) => JSON.stringify(object)).join(',\n');
  return `{"version":${VERSION},"objects":[\n${lines}\n]}\n`;
}

/** Reads the list of a backup; undefined when it has none, as those of a part of a database and old ones. */
export async function readInventory(
  access: ArchiveAccess,
  backup: ArchivePlace,
): Promise<Inventory | undefined> {
  const file = backup.files.find(({ path }) => path.startsWith(INVENTORY_FILE));
  if (file === undefined) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of openFile(access, join(backup.path, file.path))) pieces.push(piece);
  const { version, objects } = inventorySchema.parse(JSON.parse(Buffer.concat(pieces).toString()));
  return { objects, comparable: version === VERSION };
}
