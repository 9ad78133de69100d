import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { destroyServer, startServer, useEmbeddedServer } from '../../src/lib/server/index.js';
import type { ConnectionTarget } from '../../src/lib/core/connection.js';
import { testRunTool } from './pg-run-tool.js';

/** A throw-away server that listens on 127.0.0.1 and ::1, beside its private socket. */
export interface NetworkServer {
  readonly directory: string;
  readonly port: number;
  /** The superuser by the socket. */
  readonly admin: ConnectionTarget;
  /** A file that the server may read as well. */
  share(name: string, content: string): Promise<string>;
  dispose(): Promise<void>;
}

export interface NetworkServerOptions {
  /** Lines of pg_hba.conf for TCP. */
  readonly hba: readonly string[];
  readonly settings?: (directory: string) => Promise<Readonly<Record<string, string>>>;
}

/** Starts one; the caller disposes of it. */
export async function startNetworkServer({ hba, settings }: NetworkServerOptions): Promise<NetworkServer> {
  const directory = await mkdtemp(join(tmpdir(), 'bk-db-network-'));
  await chmod(directory, 0o711);
  const port = await freePort();
  const share = async (name: string, content: string) => {
    const file = join(directory, name);
    await writeFile(file, content);
    await chmod(file, 0o644);
    return file;
  };
  const deps = {
    runTool: testRunTool,
    env: process.env,
    pgBin: undefined,
    home: join(directory, 'home'),
    cwd: directory,
    signal: new AbortController().signal,
  };
  const hbaFile = await share('pg_hba.conf', `local all all scram-sha-256\n${hba.join('\n')}\n`);
  await startServer(deps, {
    settings: {
      fsync: 'off',
      listen_addresses: '127.0.0.1,::1',
      port: String(port),
      hba_file: hbaFile,
      ...(await settings?.(directory)),
    },
  });
  return {
    directory,
    port,
    admin: { ...(await useEmbeddedServer(deps)), port, database: 'postgres' },
    share,
    dispose: async () => {
      await destroyServer(deps);
      await rm(directory, { recursive: true });
    },
  };
}

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Certificates {
  readonly ca: string;
  readonly otherCa: string;
  readonly server: Readonly<{ cert: string; key: string }>;
  /** For the role `certuser`. */
  readonly client: Readonly<{ cert: string; key: string }>;
}

/** Makes an authority, a certificate for the host `localhost`, one for a client, and an authority nobody trusts. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const file = (name: string) => join(directory, name);
  const openssl = async (...args: string[]) => {
    await testRunTool({ command: 'openssl', args, cwd: directory });
  };
  const authority = async (name: string) => {
    const subject = ['-subj', `/CN=${name}`];
    const output = ['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)];
    await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...output);
  };
  const signed = async (name: string, extension: string) => {
    const key = file(`${name}.key`);
    await openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      key,
      '-out',
      file(`${name}.csr`),
    );
    await writeFile(file(`${name}.ext`), extension);
    const authorityFiles = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial'];
    const request = [
      '-in',
      file(`${name}.csr`),
      '-out',
      file(`${name}.crt`),
      '-extfile',
      file(`${name}.ext`),
    ];
    await openssl('x509', '-req', '-days', '2', ...authorityFiles, ...request);
    await chmod(key, 0o600);
    return { cert: file(`${name}.crt`), key };
  };
  await Promise.all([authority('ca'), authority('other')]);
  const server = await signed('localhost', 'subjectAltName=DNS:localhost');
  const client = await signed('certuser', 'extendedKeyUsage=clientAuth');
  return { ca: file('ca.crt'), otherCa: file('other.crt'), server, client };
}

/** Hands a file to the account under which root runs the server. */
export async function giveToServer(file: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { stdout } = await testRunTool({ command: 'id', args: ['-u', 'postgres'] });
  const { stdout: group } = await testRunTool({ command: 'id', args: ['-g', 'postgres'] });
  await chown(file, Number(stdout), Number(group));
  await stat(file);
}
