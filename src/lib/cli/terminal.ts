import { styleText } from 'node:util';
import type { Environment } from '../core/config/index.js';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Colours a text, or leaves it alone where colour is unwanted. */
export type Paint = (style: Style, text: string) => string;

export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Chooses whether a stream gets colour: FORCE_COLOR, then NO_COLOR or --no-color, then whether it is a terminal. */
export function paintFor(stream: OutputStream, env: Environment, noColor: boolean): Paint {
  return wantsColor(stream, env, noColor)
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_, text) => text;
}

function wantsColor(stream: OutputStream, env: Environment, noColor: boolean): boolean {
  if (noColor) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  return stream.isTTY === true;
}

// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Replaces control characters, so that a hostile name cannot move the cursor or forge a line. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '\ufffd');
}
