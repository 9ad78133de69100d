import type { SectionName, Sections, Session, WatchSample } from '../../../health/index.js';
import type { Style } from '../../terminal.js';

/** What a filter can ask for by name, beside the texts of the cells. */
export interface Words {
  readonly texts?: readonly (string | null)[];
  readonly user?: string | null;
  readonly db?: string | null;
  readonly app?: string | null;
  readonly state?: string | null;
  /** What `>5s` and `<1m` look at. */
  readonly ageMs?: number | null;
}

/** Everything that is known of one row: short facts, and texts that are wrapped. */
export interface Detail {
  readonly facts: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly texts?: readonly string[];
}

export interface Cell {
  readonly text: string;
  readonly style?: Style | undefined;
}

export interface Column<R> {
  readonly head: string;
  readonly width: number;
  readonly align?: 'right';
  /** The narrowest screen that shows it; 0 unless given. */
  readonly from?: number;
  readonly text: (row: R) => string | null;
  readonly style?: (row: R) => Style | undefined;
}

export interface Sort<R> {
  readonly by: string;
  /** The rows with the largest value come first. */
  readonly value: (row: R) => number | string;
}

/** One row of a tab, whatever it is made of. */
export interface Row {
  /** What the row is about, so that a selection stays on it wherever it moves. */
  readonly key: string;
  readonly cells: readonly Cell[];
  readonly words: Words;
  readonly detail: () => Detail;
  /** The session on which c and K act. */
  readonly session: () => Session | undefined;
  /** What y copies. */
  readonly copy: () => string;
  /** What e writes. */
  readonly record: () => Readonly<Record<string, unknown>>;
}

export interface ListOptions {
  readonly showsIdle: boolean;
}

export interface RowOrder {
  /** Place in `sorts`. */
  readonly sort: number;
  readonly isReversed: boolean;
}

/** A tab as the screen sees it. */
export interface Tab {
  readonly title: string;
  readonly needs: readonly SectionName[];
  readonly columns: readonly Omit<Column<never>, 'text' | 'style'>[];
  /** By what its rows can be sorted; empty where they have an order of their own. */
  readonly sorts: readonly string[];
  /** What is shown beside its title when it deserves a look. */
  readonly mark: (sample: WatchSample) => Cell | undefined;
  readonly rows: (sample: WatchSample, options: ListOptions, order: RowOrder) => readonly Row[];
  /** What to say when there is no row. */
  readonly empty: string;
}

interface TabDefinition<R> {
  readonly title: string;
  readonly needs: readonly SectionName[];
  readonly list: (sample: WatchSample, options: ListOptions) => readonly R[];
  readonly key: (row: R) => string;
  /** The last one takes what room is left. */
  readonly columns: readonly Column<R>[];
  readonly sorts?: readonly Sort<R>[];
  readonly words?: (row: R) => Words;
  readonly detail: (row: R, sample: WatchSample) => Detail;
  readonly session?: (row: R, sample: WatchSample) => Session | undefined;
  readonly copy: (row: R) => string;
  readonly record: (row: R) => Readonly<Record<string, unknown>>;
  readonly mark?: (sample: WatchSample) => Cell | undefined;
  readonly empty: string;
}

/** Types a tab by its rows, and hides their type from the screen. */
export function defineTab<R>(definition: TabDefinition<R>): Tab {
  const { list, key, columns, sorts = [], words, detail, session, copy, record, mark } = definition;
  const rowOf = (row: R, sample: WatchSample): Row => {
    return {
      key: key(row),
      // Made when asked for: of thousands of rows a screen shows a few.
      get cells() {
        return columns.map(({ text, style }) => ({ text: text(row) ?? '', style: style?.(row) }));
      },
      get words() {
        return words?.(row) ?? {};
      },
      detail: () => detail(row, sample),
      session: () => session?.(row, sample),
      copy: () => copy(row),
      record: () => record(row),
    };
  };
  return {
    title: definition.title,
    needs: definition.needs,
    columns,
    sorts: sorts.map(({ by }) => by),
    mark: (sample) => mark?.(sample),
    rows: (sample, options, { sort, isReversed }) => {
      const rows = [...list(sample, options)];
      const chosen = sorts[sort];
      if (chosen !== undefined) rows.sort(descending(chosen));
      if (isReversed && chosen !== undefined) rows.reverse();
      return rows.map((row) => rowOf(row, sample));
    },
    empty: definition.empty,
  };
}

function descending<R>({ value }: Sort<R>): (a: R, b: R) => number {
  return (a, b) => {
    const [left, right] = [value(a), value(b)];
    if (typeof left === 'string') return left.localeCompare(String(right));
    return Number(right) - left;
  };
}

/** What a section holds, or undefined when it was not read. */
export function dataOf<N extends SectionName>({ snapshot }: WatchSample, name: N): Sections[N] | undefined {
  const section = snapshot.sections[name];
  return section?.state === 'collected' ? section.data : undefined;
}

/** Every server process that the look saw. */
export function sessionsOf(sample: WatchSample): readonly Session[] {
  return dataOf(sample, 'activity') ?? [];
}
