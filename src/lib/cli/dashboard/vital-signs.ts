import type { Vitals } from '../../health/index.js';
import { formatBytes, plural } from '../format.js';
import { cell, line, sparkline, type Line } from './line.js';
import type { DashboardState, History } from './state.js';

/** From this size on the vital signs have boxes. */
const BOXES_FROM = { columns: 116, rows: 30 };
const NARROWEST = 18;

interface Sign {
  readonly title: string;
  readonly value: string;
  readonly history: readonly number[];
  /** What else there is to say, in one line. */
  readonly more: string;
}

/** The vital signs in as many lines as the screen has to spare. Pure. */
export function vitalLines({ sample, history, size }: DashboardState): Line[] {
  if (sample === undefined || size.rows < 12) return [];
  const signs = signsOf(sample.vitals, history);
  if (size.columns >= BOXES_FROM.columns && size.rows >= BOXES_FROM.rows) return boxes(signs, size.columns);
  const rows = compact(signs, size.columns);
  return size.rows >= 20 ? [line(''), ...rows, line('')] : rows;
}

function signsOf(vitals: Vitals, history: History): readonly Sign[] {
  const { active, idleInTransaction, blocked, hidden } = vitals;
  const sessions = [`${active} active`, `${idleInTransaction} in txn`, `${blocked} blocked`];
  if (hidden > 0) sessions.push(`${hidden} hidden`);
  return [
    {
      title: 'connections',
      value: `${vitals.connections}/${vitals.connectionLimit}`,
      history: history.connections,
      more: sessions.join('  '),
    },
    {
      title: 'transactions',
      value: known(vitals.transactionsPerSecond, (rate) => `${rate.toFixed(1)}/s`),
      history: history.transactions,
      more: `rollback ${known(vitals.rollbackPercent, percent)}  deadlocks ${known(vitals.deadlocks, String)}`,
    },
    {
      title: 'cache hit',
      value: known(vitals.cacheHitPercent, percent),
      history: history.cacheHit,
      more: `read ${known(vitals.readBytesPerSecond, perSecond)}  temp ${known(vitals.tempBytesPerSecond, perSecond)}`,
    },
    {
      title: 'wal',
      value: known(vitals.walBytesPerSecond, perSecond),
      history: history.wal,
      more: vitals.blocked > 0 ? `${plural(vitals.blocked, 'session')} wait for locks` : '',
    },
  ];
}

function known<T>(value: T | null, text: (value: T) => string): string {
  return value === null ? '-' : text(value);
}

function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

function perSecond(bytes: number): string {
  return `${formatBytes(bytes)}/s`;
}

/** Two lines: names, and values with their history; what does not fit is left out from the right. */
function compact(signs: readonly Sign[], columns: number): Line[] {
  const shown = signs.slice(0, Math.max(1, Math.floor(columns / NARROWEST)));
  const width = Math.floor((columns - 1) / shown.length);
  const values = shown.map(({ value, history }) => {
    const text = ` ${value} `;
    return cell(`${text}${sparkline(history, width - text.length - 1)}`, width);
  });
  return [line(shown.map(({ title }) => cell(` ${title}`, width)).join(''), 'dim'), line(values.join(''))];
}

function boxes(signs: readonly Sign[], columns: number): Line[] {
  const width = Math.floor((columns - 1) / signs.length);
  const inner = width - 4;
  const row = (left: string, right: string, content: (sign: Sign) => string) =>
    line(` ${signs.map((sign) => `${left}${content(sign)}${right}`).join('')}`);
  return [
    row('╭─ ', '╮', ({ title }) => `${title} ${'─'.repeat(Math.max(0, inner - title.length - 1))}`),
    row('│ ', ' │', ({ value, history }) =>
      cell(`${value} ${sparkline(history, inner - value.length - 1)}`, inner),
    ),
    row('│ ', ' │', ({ more }) => cell(more, inner)),
    row('╰', '╯', () => '─'.repeat(inner + 2)),
  ];
}
