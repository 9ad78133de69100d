import type { RangeVar } from 'libpg-query';
import { nameOf } from './nodes.js';

/** What is known at one place of a file: which relations nobody uses yet, and which ones the file has locked. */
export class Scope {
  readonly #created: Set<string>;
  readonly #locked: Set<string>;
  /** False where each statement lets go of its locks. */
  readonly #holdsLocks: boolean;

  private constructor(created: Set<string>, locked: Set<string>, holdsLocks: boolean) {
    this.#created = created;
    this.#locked = locked;
    this.#holdsLocks = holdsLocks;
  }

  static ofFile(transactional: boolean): Scope {
    return new Scope(new Set(), new Set(), transactional);
  }

  /** For a part that may not run: what it creates is not known to be there afterwards. */
  inner(): Scope {
    return new Scope(new Set(this.#created), new Set(this.#locked), this.#holdsLocks);
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
