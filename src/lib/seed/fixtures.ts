import type { TransactionSql } from '../core/database.js';
import { rowRandom, type Random } from './random.js';
import { Timeline } from './timeline.js';
import type { Domain } from './types.js';

/** A row as JSON: PostgreSQL gives the values the types of the table's columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Rows by `schema.table`. */
export type Rows = Readonly<Record<string, readonly Row[]>>;

/** A row and all that lives and dies with it: there whole or not at all. */
export interface Aggregate {
  /** The table of the row that the others belong to. */
  readonly root: string;
  /** That row's primary key. */
  readonly id: string;
  /** Its name, unique as well; the id where it has none. */
  readonly key: string;
  readonly rows: Rows;
}

/** What generators draw from. */
export interface Fixtures {
  readonly seed: string;
  readonly timeline: Timeline;
  random(table: string, row: number | string): Random;
}

/** The fixtures of a seed, hanging off an instant. */
export function createFixtures(seed: string, asOf: Date): Fixtures {
  return { seed, timeline: new Timeline(asOf), random: (table, row) => rowRandom(seed, table, row) };
}

/** Writes rows of one domain inside its transaction. */
export interface RowWriter {
  readonly sql: TransactionSql;
  insert(table: string, rows: readonly Row[] | undefined): Promise<void>;
  /** Sets columns of rows that are there, found by the table's key. */
  update(table: string, columns: readonly string[], rows: readonly Row[]): Promise<void>;
}

/** How aggregates of a kind are found again. */
interface Root {
  /** The column of the id. */
  readonly id: string;
  /** The column of the name. */
  readonly key: string;
  /** An append-only table that remembers ids: what it names has been, and is not written again. */
  readonly trail?: { readonly table: string; readonly id: string };
}

/** One domain's fixtures: what they are, and how the guards of the database let them in. */
export interface DomainSeed {
  readonly domain: Domain;
  /** Domains that its rows refer to. */
  readonly needs: readonly Domain[];
  /** Its tables with their keys, parents first. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
  /** By table of aggregate roots. */
  readonly roots: Readonly<Record<string, Root>>;
  readonly partitioned: readonly string[];
  /** Triggers that stamp the present onto rows: off while history is written, whose times come with the rows. */
  readonly clockTriggers: Readonly<Record<string, readonly string[]>>;
  /** The aggregates of one unit of scale; unit 0 is the whole of scale 1. */
  aggregates(fixtures: Fixtures, unit: number): Iterable<Aggregate>;
  /** Writes new aggregates through the guards, each row along its life cycle. */
  write(writer: RowWriter, rows: Rows): Promise<void>;
}
