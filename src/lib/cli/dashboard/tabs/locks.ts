import type { LockNode, WatchSample } from '../../../health/index.js';
import { lockNodeText } from '../../views/health.js';
import { ageText, sessionDetail } from './session.js';
import { defineTab, sessionsOf } from './tab.js';

interface LockRow {
  readonly node: LockNode;
  /** The lines that lead to it from its root. */
  readonly branch: string;
  readonly isRoot: boolean;
}

/** The lock trees as rows, each below the one that blocks it. */
export const locksTab = defineTab<LockRow>({
  title: 'Locks',
  needs: ['locks', 'activity'],
  list: ({ report: { lockTree } }) =>
    lockTree.flatMap((root) => [{ node: root, branch: '', isRoot: true }, ...below(root, '')]),
  key: ({ node: { pid, backendStart } }) => `${pid} ${backendStart ?? ''}`,
  columns: [
    {
      head: 'who blocks whom',
      width: 40,
      text: ({ node, branch }) => `${branch}${lockNodeText(node)}`,
      style: ({ isRoot }) => (isRoot ? 'yellow' : undefined),
    },
  ],
  words: ({ node }) => ({
    ...sessionWordsOf(node),
    ageMs: node.waitsFor?.waitMs ?? node.transactionAgeMs,
  }),
  detail: ({ node }, sample) => {
    const session = sessionOf(node, sample);
    const { facts, texts } = session === undefined ? { facts: { pid: node.pid } } : sessionDetail(session);
    const { waitsFor, alsoBlockedBy, blocked } = node;
    return {
      facts: {
        ...facts,
        'waits for lock':
          waitsFor === null ? null : `${waitsFor.mode} on ${waitsFor.relation ?? waitsFor.lockType}`,
        'waits since': ageText(waitsFor?.waitMs),
        'also blocked by': alsoBlockedBy.length === 0 ? null : alsoBlockedBy.join(', '),
        blocks: blocked.length === 0 ? null : blocked.map(({ pid }) => pid).join(', '),
      },
      texts: texts ?? [],
    };
  },
  session: ({ node }, sample) => sessionOf(node, sample),
  copy: ({ node: { query, pid } }) => query ?? String(pid),
  record: ({ node: { blocked, ...node } }) => ({ ...node, blocks: blocked.map(({ pid }) => pid) }),
  mark: ({ report }) => (report.lockTree.length === 0 ? undefined : { text: '●', style: 'yellow' }),
  empty: 'nobody waits for a lock',
});

function below(parent: LockNode, indent: string): LockRow[] {
  return parent.blocked.flatMap((node, index) => {
    const isLast = index === parent.blocked.length - 1;
    const row = { node, branch: `${indent}${isLast ? '└─ ' : '├─ '}`, isRoot: false };
    return [row, ...below(node, `${indent}${isLast ? '   ' : '│  '}`)];
  });
}

function sessionOf({ pid, backendStart }: LockNode, sample: WatchSample) {
  return sessionsOf(sample).find(
    (session) => session.pid === pid && (session.backendStart?.toISOString() ?? null) === backendStart,
  );
}

function sessionWordsOf({ user, applicationName, state, query }: LockNode) {
  return { texts: [user, applicationName, query], user, app: applicationName, state };
}
