/** What the repositories of the domains are made of. */
export { BaseRepository } from './base-repository.js';
export { bulkInsert, type RowSource } from './bulk-insert.js';
export * from './column.js';
export { bind, bindList } from './encode.js';
export type { Executor } from './executor.js';
export type { Filter } from './filter.js';
export { insertOne, rowFragments } from './insert.js';
export { listRows } from './list.js';
export type { ListOptions, Page, PageOptions } from './page.js';
export type { Order } from './order.js';
export { loadRelations, toMany, toOne, type Related } from './relations.js';
export { RepositoryError } from './repository-error.js';
export { join, raw, sql, type Fragment } from './sql.js';
export { milliseconds, standardColumns } from './standard.js';
export { defineTable, type NewRow, type Row } from './table.js';
export { uuidV7 } from './uuid-v7.js';
