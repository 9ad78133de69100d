import type { StatementFacts } from '../../../health/index.js';
import { formatCount, formatDuration } from '../../format.js';
import { oneLine } from './session.js';
import { dataOf, defineTab } from './tab.js';

const LARGE_SHARE_PERCENT = 33;

/** The statements that cost most, as pg_stat_statements counts them. */
export const queriesTab = defineTab<StatementFacts>({
  title: 'Queries',
  needs: ['statements'],
  list: (sample) => dataOf(sample, 'statements') ?? [],
  key: ({ queryId, user }) => `${queryId} ${user ?? ''}`,
  columns: [
    {
      head: 'share',
      width: 6,
      align: 'right',
      text: ({ sharePercent }) => `${sharePercent.toFixed(1)}%`,
      style: ({ sharePercent }) => (sharePercent >= LARGE_SHARE_PERCENT ? 'yellow' : undefined),
    },
    { head: 'total', width: 9, align: 'right', text: ({ totalMs }) => formatDuration(totalMs) },
    { head: 'calls', width: 10, align: 'right', from: 60, text: ({ calls }) => formatCount(calls) },
    { head: 'mean', width: 9, align: 'right', from: 60, text: ({ meanMs }) => meanText(meanMs) },
    { head: 'rows', width: 11, align: 'right', from: 110, text: ({ rows }) => formatCount(rows) },
    { head: 'hit', width: 5, align: 'right', from: 110, text: hitText },
    { head: 'user', width: 10, from: 130, text: ({ user }) => user },
    { head: 'statement', width: 20, text: ({ query }) => oneLine(query) },
  ],
  sorts: [
    { by: 'total', value: ({ totalMs }) => totalMs },
    { by: 'mean', value: ({ meanMs }) => meanMs },
    { by: 'calls', value: ({ calls }) => calls },
    { by: 'rows', value: ({ rows }) => rows },
    { by: 'reads', value: ({ blocksRead }) => blocksRead },
  ],
  words: ({ user, query, meanMs }) => ({ texts: [query], user, ageMs: meanMs }),
  detail: (statement) => ({
    facts: {
      'query id': statement.queryId,
      user: statement.user,
      calls: formatCount(statement.calls),
      total: `${formatDuration(statement.totalMs)}, ${statement.sharePercent.toFixed(1)} % of all statements`,
      mean: meanText(statement.meanMs),
      longest: meanText(statement.maxMs),
      rows: formatCount(statement.rows),
      'blocks found in the cache': formatCount(statement.blocksHit),
      'blocks read': formatCount(statement.blocksRead),
      'blocks written to temporary files': formatCount(statement.tempBlocks),
    },
    texts: [statement.query],
  }),
  copy: ({ query }) => query,
  record: (statement) => ({ ...statement }),
  empty: 'no statement was counted yet',
});

function meanText(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)} ms` : formatDuration(ms);
}

function hitText({ blocksHit, blocksRead }: StatementFacts): string {
  const blocks = blocksHit + blocksRead;
  return blocks === 0 ? '' : `${Math.round((blocksHit / blocks) * 100)}%`;
}
