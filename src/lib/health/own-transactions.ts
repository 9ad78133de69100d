/** What a new connection of postgres.js counts as: its start, the types it reads, and our question for the version. */
export const CONNECTION_TRANSACTIONS = 3;
/** Sessions report what they did when they are idle, at the latest after ten seconds. */
const FORGET_MS = 15_000;

/**
 * Keeps our own transactions out of the server's count, in which they appear some time after they were made; without
 * it a server that does nothing would look busy by being looked at.
 */
export class OwnTransactions {
  #owed: { count: number; readonly since: number }[] = [];

  /** Notes transactions that were made. */
  add(count: number, now: number): void {
    if (count > 0) this.#owed.push({ count, since: now });
  }

  /** How many of those that the server counted were ours. */
  take(counted: number, now: number): number {
    this.#owed = this.#owed.filter(({ since }) => now - since < FORGET_MS);
    let left = counted;
    for (const debt of this.#owed) {
      const paid = Math.min(left, debt.count);
      debt.count -= paid;
      left -= paid;
    }
    this.#owed = this.#owed.filter(({ count }) => count > 0);
    return counted - left;
  }
}
