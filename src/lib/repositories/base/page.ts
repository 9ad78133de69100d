import type { Cursor } from './cursor.js';
import type { Filter } from './filter.js';
import type { Order } from './order.js';
import { RepositoryError } from './repository-error.js';

/** A page of a list that is read from place to place; `next` is null on the last one. */
export interface Page<R> {
  readonly items: R[];
  readonly next: Cursor | null;
}

/** A page by number; `total` is counted only when asked for. */
export interface OffsetPage<R> {
  readonly items: R[];
  readonly total: number | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** Which part of a list. */
export interface PageOptions {
  /** Rows per page, 1 to 1,000; default 100. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: Cursor;
}

export interface ListOptions<R> extends PageOptions {
  readonly filter?: Filter<R>;
  readonly order?: Order<R>;
}

export interface OffsetOptions<R> {
  readonly filter?: Filter<R>;
  readonly order?: Order<R>;
  readonly limit?: number;
  readonly offset?: number;
  readonly withTotal?: boolean;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** The rows per page. @throws RepositoryError BadValue outside 1 to 1,000. */
export function pageLimit(limit: number = DEFAULT_LIMIT): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new RepositoryError('BadValue', `a page has 1 to ${MAX_LIMIT} rows, not ${limit}`);
  return limit;
}

/** The rows to pass over. @throws RepositoryError BadValue for a negative or broken number. */
export function pageOffset(offset = 0): number {
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new RepositoryError('BadValue', `an offset is a whole number from 0 on, not ${offset}`);
  return offset;
}
