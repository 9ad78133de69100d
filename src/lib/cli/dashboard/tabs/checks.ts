import type { Finding } from '../../../health/index.js';
import { STATUS_LOOK } from '../../views/health.js';
import { defineTab } from './tab.js';

const WORST_FIRST = ['critical', 'warning', 'unknown', 'info', 'ok', 'skipped'];

/** Every check, the worst first. */
export const checksTab = defineTab<Finding>({
  title: 'Checks',
  needs: [],
  list: ({ report: { findings } }) => findings,
  key: ({ id }) => id,
  columns: [
    { head: 'check', width: 20, text: ({ id }) => id },
    {
      head: 'status',
      width: 12,
      text: ({ status }) => `${STATUS_LOOK[status].symbol} ${status}`,
      style: ({ status }) => STATUS_LOOK[status].style,
    },
    { head: 'what was seen', width: 20, text: ({ summary }) => summary },
  ],
  sorts: [
    { by: 'status', value: ({ status }) => -WORST_FIRST.indexOf(status) },
    { by: 'name', value: ({ id }) => id },
  ],
  words: ({ title, status }) => ({ texts: [title], state: status }),
  detail: ({ id, title, status, summary, evidence, remedy }) => ({
    facts: { check: id, about: title, status },
    texts: [
      summary,
      ...(remedy === null ? [] : [remedy.text, ...remedy.sql.map((statement) => `  ${statement}`)]),
      ...evidence.map((facts) =>
        Object.entries(facts)
          .map(([name, value]) => `${name} ${String(value)}`)
          .join('  '),
      ),
    ],
  }),
  copy: ({ id, remedy }) => (remedy === null || remedy.sql.length === 0 ? id : remedy.sql.join('\n')),
  record: (finding) => ({ ...finding }),
  mark: ({ report: { verdict } }) => {
    if (verdict.status === 'ok') return undefined;
    const { symbol, style } = STATUS_LOOK[verdict.status];
    return { text: symbol, style };
  },
  empty: 'no check was made yet',
});
