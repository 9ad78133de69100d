import type { Diagnosis, DoctorReport } from '../../doctor/types.js';
import { plural } from '../../core/format.js';
import type { Paint } from '../terminal.js';

const MARKS: Readonly<
  Record<Diagnosis['status'], readonly [mark: string, style: 'green' | 'yellow' | 'red' | 'dim']>
> = {
  ok: ['ok', 'green'],
  warning: ['warning', 'yellow'],
  failed: ['failed', 'red'],
  skipped: ['skipped', 'dim'],
};

/** One line per look, what to do under each that is not right, and a verdict. */
export function doctorView({ diagnoses }: DoctorReport, paint: Paint): string {
  const width = Math.max(...diagnoses.map(({ id }) => id.length));
  const lines = diagnoses.flatMap(({ id, status, message, fix }) => {
    const [mark, style] = MARKS[status];
    const line = `${paint(style, mark.padEnd(7))}  ${id.padEnd(width)}  ${message}`;
    return fix === null ? [line] : [line, `         ${' '.repeat(width)}  ${paint('dim', fix)}`];
  });
  const count = (status: Diagnosis['status']) => diagnoses.filter((one) => one.status === status).length;
  const verdict = `${plural(count('failed'), 'failure')}, ${plural(count('warning'), 'warning')}, ${count('ok')} of ${diagnoses.length} are right`;
  return [...lines, '', verdict].join('\n');
}
