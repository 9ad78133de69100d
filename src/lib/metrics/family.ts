import type { Examination, SectionName, Sections } from '../health/index.js';

/** One value with its labels. */
export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An examination, and whether a newer one should be here and failed. */
export type Observed = Examination & { readonly isOutdated?: boolean };

/** One metric: its name, what it says, and how its values are read off an examination. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly labels: readonly string[];
  readonly read: (examination: Observed) => readonly Sample[];
}

interface FamilyDefinition<N extends SectionName> {
  readonly name: string;
  readonly help: string;
  readonly type?: 'gauge' | 'counter';
  readonly labels?: readonly string[];
  readonly read: (data: Sections[N], examination: Examination) => readonly Sample[];
}

/** A family of one section; when that was not read, the family has no values rather than zeros. */
export function familyOf<N extends SectionName>(section: N, definition: FamilyDefinition<N>): Family {
  return {
    type: 'gauge',
    labels: [],
    ...definition,
    read: (examination) => {
      const part = examination.snapshot.sections[section];
      return part?.state === 'collected' ? definition.read(part.data, examination) : [];
    },
  };
}

/** One sample without labels, none for null. */
export function single(value: number | null | undefined): readonly Sample[] {
  return value === null || value === undefined ? [] : [{ value }];
}

/** Milliseconds as the seconds that Prometheus counts in. */
export function inSeconds(ms: number): number {
  return ms / 1_000;
}
