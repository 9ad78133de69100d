import { line, type Line } from './line.js';

const HELP = [
  '1 to 9, Tab, ← →   choose the tab',
  '↑ ↓, j k, PgUp PgDn, Home End, g G   select a row, or scroll its detail',
  'Enter   all that is known of the row; Esc goes back',
  '/   filter: words that all must match; !word none may; user: db: app: state:; >5s <1m',
  's S   sort by the next column, and the other way round',
  'i   idle and hidden sessions too',
  'p, Space   pause     r   look now     + -   rate',
  'c   cancel the query of the session (asks)',
  'K   end the session (asks)',
  'y   copy the query, statement or path (by OSC 52, if the terminal allows)',
  'e E   write the rows to a file, as JSON or as CSV',
  'T   colours: dark, light, none',
  'q, Ctrl-C   quit     Ctrl-Z   suspend',
];

/** What the keys do; on a small screen the first ones. */
export function helpLines(rows: number): Line[] {
  const shown = rows >= HELP.length + 2 ? ['', ...HELP, ''] : HELP;
  return [...shown.map((text) => line(`  ${text}`)), line('  any key goes back', 'dim')].slice(-rows || 1);
}
