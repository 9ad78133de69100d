import type { ServerFacts } from './collectors/server.js';
import type { SectionName, Sections } from './sections.js';

/** A part of the snapshot: read, not readable, or not applicable to this server. */
export type Section<T> =
  | { readonly state: 'collected'; readonly data: T }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'absent'; readonly reason: string };

/** Everything that was read from the server at one time; sections that nobody asked for are missing. */
export interface Snapshot {
  readonly server: ServerFacts;
  readonly sections: { readonly [N in SectionName]?: Section<Sections[N]> };
}
