import { COLLECTORS, type CollectorName, type CollectedSections } from './collectors/all.js';
import type { Tier } from './collectors/collector.js';
import type { SourceName, ToolkitSections } from './toolkit/all.js';

/** A part of the snapshot, by name. */
export type SectionName = CollectorName | SourceName;
/** What each part holds. */
export type Sections = CollectedSections & ToolkitSections;

/** True for what is read from the server's catalogue. */
export function isCollector(name: SectionName): name is CollectorName {
  return name in COLLECTORS;
}

/** What reading a part costs. */
export function tierOf(name: SectionName): Tier {
  return isCollector(name) ? COLLECTORS[name].tier : 'slow';
}
