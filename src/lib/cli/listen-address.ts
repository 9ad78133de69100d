import { BkDbError } from '../core/errors.js';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, `[IPV6]:PORT` or `PORT` (on 127.0.0.1). @throws BkDbError USAGE. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new BkDbError('USAGE', `"${text}" is no address to listen on`, {
      hint: 'Write HOST:PORT, such as 127.0.0.1:9187 or [::1]:9187.',
    });
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
}
