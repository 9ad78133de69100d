import type { Dialect } from './types.js';

const DELIMITERS = [',', ';', '\t', '|'] as const;
/** Records that decide; more would only take longer. */
const SAMPLE_RECORDS = 100;

/** What a file's first bytes say about its form; flags stand above all of it. */
export function detectDialect(sample: string, given: Partial<Dialect> = {}): Dialect {
  const quote = given.quote ?? '"';
  const newline = given.newline ?? detectNewline(sample, quote);
  return {
    delimiter: given.delimiter ?? detectDelimiter(sample, quote),
    quote,
    escape: given.escape ?? quote,
    newline,
    encoding: given.encoding ?? 'utf-8',
    bom: given.bom ?? false,
    header: given.header ?? true,
  };
}

/** The delimiter that cuts the most records into the same number of fields, then the one that cuts them into more. */
function detectDelimiter(sample: string, quote: string): string {
  const scored = DELIMITERS.map((delimiter) => {
    const counts = fieldCounts(sample, delimiter, quote);
    const [most = 1] = counts;
    const same = counts.filter((count) => count === most).length;
    return { delimiter, fields: most, consistency: most === 1 ? 0 : same / Math.max(counts.length, 1) };
  });
  const [best] = scored.sort((a, b) => b.consistency - a.consistency || b.fields - a.fields);
  return best === undefined || best.consistency === 0 ? ',' : best.delimiter;
}

/** How many fields the first records have; the last one may be cut short and does not count unless it is alone. */
function fieldCounts(sample: string, delimiter: string, quote: string): number[] {
  const counts: number[] = [];
  let fields = 1;
  let quoted = false;
  let empty = true;
  for (const mark of sample) {
    if (mark === quote) quoted = !quoted;
    else if (!quoted && mark === delimiter) fields++;
    else if (!quoted && (mark === '\n' || mark === '\r')) {
      if (!empty) counts.push(fields);
      if (counts.length === SAMPLE_RECORDS) return counts;
      [fields, empty] = [1, true];
      continue;
    }
    empty = false;
  }
  return counts.length === 0 ? [fields] : counts;
}

/** The first line end outside quotes. */
function detectNewline(sample: string, quote: string): Dialect['newline'] {
  let quoted = false;
  for (let at = 0; at < sample.length; at++) {
    const mark = sample[at];
    if (mark === quote) quoted = !quoted;
    if (quoted) continue;
    if (mark === '\n') return 'lf';
    if (mark === '\r') return sample[at + 1] === '\n' ? 'crlf' : 'cr';
  }
  return 'lf';
}
