import type { RangeVar } from 'libpg-query';
import { ColumnTypes } from './column-types.js';
import { nameOf } from './nodes.js';

interface Inherited {
  readonly created: Iterable<string>;
  readonly locked: Iterable<string>;
  readonly holdsLocks: boolean;
  readonly columns: ColumnTypes;
}

/** What is known at one place of a file: which relations nobody uses yet, and which ones the file has locked. */
export class Scope {
  readonly #created: Set<string>;
  readonly #locked: Set<string>;
  /** False where each statement lets go of its locks. */
  readonly #holdsLocks: boolean;
  /** Of this file and of those before it. */
  readonly columns: ColumnTypes;

  private constructor(inherited: Inherited) {
    this.#created = new Set(inherited.created);
    this.#locked = new Set(inherited.locked);
    this.#holdsLocks = inherited.holdsLocks;
    this.columns = inherited.columns;
  }

  static ofFile(transactional: boolean, columns = new ColumnTypes()): Scope {
    return new Scope({ created: [], locked: [], holdsLocks: transactional, columns });
  }

  /** For a part that may not run: what it creates is not known to be there afterwards. */
  inner(): Scope {
    const [created, locked] = [this.#created, this.#locked];
    return new Scope({ created, locked, holdsLocks: this.#holdsLocks, columns: this.columns });
  }

  /** True for a relation that the same file made before. */
  isNew(relation: RangeVar | string | undefined): boolean {
    return relation !== undefined && this.#created.has(keyOf(relation));
  }

  create(relation: RangeVar | string | undefined): void {
    if (relation !== undefined) this.#created.add(keyOf(relation));
  }

  rename(relation: RangeVar, newName: string): void {
    if (this.isNew(relation)) this.create({ ...relation, relname: newName });
  }

  /** Notes a lock that keeps others out until the file's transaction ends. */
  lock(relation: RangeVar | undefined): void {
    if (relation !== undefined && this.#holdsLocks && !this.isNew(relation))
      this.#locked.add(keyOf(relation));
  }

  isLocked(relation: RangeVar | undefined): boolean {
    return relation !== undefined && this.#locked.has(keyOf(relation));
  }
}

function keyOf(relation: RangeVar | string): string {
  return typeof relation === 'string' ? relation : nameOf(relation);
}
