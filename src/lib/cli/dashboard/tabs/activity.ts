import type { Session } from '../../../health/index.js';
import { ageStyle, ageText, oneLine, sessionDetail, sessionWords } from './session.js';
import { defineTab, sessionsOf } from './tab.js';

/** Sessions at work, without ourselves. */
export const activityTab = defineTab<Session>({
  title: 'Activity',
  needs: ['activity'],
  list: (sample, { showsIdle }) =>
    sessionsOf(sample)
      .filter(({ ours }) => !ours)
      // What a hidden process is can be told only by whether it has a database.
      .filter(({ backendType, hidden, database }) =>
        hidden ? database !== null : backendType === 'client backend',
      )
      .filter(({ state, hidden }) => showsIdle || (state !== 'idle' && !hidden)),
  key: ({ pid, backendStart }) => `${pid} ${backendStart?.toISOString() ?? ''}`,
  columns: [
    { head: 'pid', width: 7, text: ({ pid }) => String(pid) },
    { head: 'user', width: 10, from: 60, text: ({ user }) => user },
    { head: 'database', width: 10, from: 130, text: ({ database }) => database },
    { head: 'application', width: 12, from: 80, text: ({ applicationName }) => applicationName },
    { head: 'state', width: 11, text: stateText },
    {
      head: 'open',
      width: 9,
      text: ({ transactionAgeMs }) => ageText(transactionAgeMs),
      style: ({ transactionAgeMs }) => ageStyle(transactionAgeMs),
    },
    { head: 'waits for', width: 18, from: 110, text: waitText },
    { head: 'query', width: 20, text: ({ hidden, query }) => (hidden ? '' : oneLine(query ?? '')) },
  ],
  sorts: [
    { by: 'open', value: ({ transactionAgeMs }) => transactionAgeMs ?? -1 },
    { by: 'query', value: ({ queryAgeMs }) => queryAgeMs ?? -1 },
    { by: 'state', value: ({ state }) => state ?? '' },
    { by: 'user', value: ({ user }) => user ?? '' },
    { by: 'pid', value: ({ pid }) => -pid },
  ],
  words: sessionWords,
  detail: sessionDetail,
  session: (session) => session,
  copy: ({ query, pid }) => query ?? String(pid),
  record: (session) => ({ ...session }),
  empty: 'no session is at work; i shows the idle ones',
});

function stateText({ hidden, state }: Session): string {
  return hidden ? 'hidden' : (state ?? '').replace('idle in transaction', 'idle in txn');
}

function waitText({ waitEventType, waitEvent }: Session): string {
  return waitEventType === null || waitEventType === 'Client' ? '' : `${waitEventType}:${waitEvent ?? ''}`;
}
