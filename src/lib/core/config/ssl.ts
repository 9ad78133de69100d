import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SslSettings } from '../connection.js';
import { BkDbError } from '../errors.js';
import type { ResolvedSettings } from './resolve.js';

/** Where systems keep the authorities they trust: Debian, Red Hat, SUSE, Alpine and macOS. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The TLS settings in force, by libpq's rules: files in ~/.postgresql count when present, a root certificate makes
 * `require` verify, and `system` demands verify-full, because anybody can get a certificate from a public authority.
 * `system` becomes the system's file, so that libpq before 16, which does not know the word, sees the same.
 * @throws BkDbError CONFIG_INVALID
 */
export function completeSsl(values: ResolvedSettings['values'], cwd: string, home: string): SslSettings {
  const { sslMode, sslRootCert } = values;
  const file = (value: string | undefined, fallback: string) => {
    if (value !== undefined) return resolve(cwd, value);
    const path = join(home, '.postgresql', fallback);
    return existsSync(path) ? path : undefined;
  };
  const client = {
    certFile: file(values.sslCert, 'postgresql.crt'),
    keyFile: file(values.sslKey, 'postgresql.key'),
  };
  if (sslRootCert === 'system') {
    if (sslMode !== undefined && sslMode !== 'verify-full') throw weakMode(sslMode);
    return { mode: 'verify-full', rootCertFile: SYSTEM_AUTHORITIES.find(existsSync) ?? 'system', ...client };
  }
  const rootCertFile = file(sslRootCert, 'root.crt');
  const mode = sslMode ?? 'prefer';
  return {
    mode: mode === 'require' && rootCertFile !== undefined ? 'verify-ca' : mode,
    rootCertFile,
    ...client,
  };
}

function weakMode(mode: string): BkDbError {
  return new BkDbError('CONFIG_INVALID', `sslmode ${mode} is too weak for sslrootcert=system`, {
    hint: 'Set sslmode to verify-full, or leave it out.',
  });
}
