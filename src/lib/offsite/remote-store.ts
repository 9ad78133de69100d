import { readFile, stat } from 'node:fs/promises';
import { BkDbError } from '../core/errors.js';
import { Secret } from '../core/secret.js';
import type { S3Settings } from '../core/config/index.js';
import { parseRemote } from './remote-place.js';
import type { RemoteCredentials, RemoteStore } from './types.js';

/**
 * The remote store that the settings name. Credentials come from the environment, or from a profile of the AWS tools'
 * credentials file.
 * @throws BkDbError CONFIG_INVALID, USAGE.
 */
export async function remoteStoreOf(settings: S3Settings): Promise<RemoteStore> {
  if (settings.remote === undefined) {
    throw new BkDbError('CONFIG_INVALID', 'no remote store is configured', {
      hint: 'Set BK_DB_REMOTE, or give --remote-store: s3://bucket/prefix.',
    });
  }
  return {
    ...parseRemote(settings.remote),
    endpoint: settings.endpoint,
    region: settings.region,
    credentials: credentialsOfEnvironment(settings) ?? (await credentialsOfFile(settings)),
  };
}

function credentialsOfEnvironment(settings: S3Settings): RemoteCredentials | undefined {
  const { accessKeyId, secretAccessKey, sessionToken } = settings;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken };
}

async function credentialsOfFile({ credentialsFile, profile }: S3Settings): Promise<RemoteCredentials> {
  const missing = (why: string) =>
    new BkDbError('CONFIG_INVALID', `there are no credentials for the remote store: ${why}`, {
      hint: `Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put a profile [${profile}] into ${credentialsFile}.`,
    });
  const found = await stat(credentialsFile).catch(() => undefined);
  if (found === undefined) throw missing(`${credentialsFile} is not there`);
  if ((found.mode & 0o077) !== 0) throw missing(`${credentialsFile} is ignored, since others may read it`);
  const values = readProfile(await readFile(credentialsFile, 'utf8'), profile);
  const accessKeyId = values.get('aws_access_key_id');
  const secretAccessKey = values.get('aws_secret_access_key');
  const sessionToken = values.get('aws_session_token');
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw missing(`${credentialsFile} has no key in its profile ${profile}`);
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: sessionToken === undefined ? undefined : new Secret(sessionToken),
  };
}

/** The settings under `[profile]`. */
function readProfile(text: string, profile: string): Map<string, string> {
  const values = new Map<string, string>();
  let inside = false;
  for (const line of text.split(/\r?\n/).map((each) => each.trim())) {
    const section = /^\[\s*(.*?)\s*\]$/.exec(line)?.[1];
    if (section !== undefined) inside = section === profile;
    const [, key, value] = /^(\w+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (inside && key !== undefined && value !== undefined) values.set(key.toLowerCase(), value);
  }
  return values;
}
