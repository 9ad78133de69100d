import { directoryNameOf, MANIFEST_FILE } from '../backup/index.js';
import { BkDbError } from '../core/errors.js';
import type { RemoteStore } from './types.js';

/** Bucket and prefix of `s3://bucket/prefix`. @throws BkDbError USAGE. */
export function parseRemote(text: string): Pick<RemoteStore, 'bucket' | 'prefix'> {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text);
  if (match?.[1] !== undefined)
    return { bucket: match[1], prefix: (match[2] ?? '').replace(/^\/+|\/+$/g, '') };
  throw new BkDbError('USAGE', `the remote store must be written like s3://bucket/prefix, not "${text}"`, {
    hint: 'Credentials do not belong into it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  });
}

/** Under which all backups lie; empty or with a slash at its end. */
export function rootOf({ prefix }: Pick<RemoteStore, 'prefix'>): string {
  return prefix === '' ? '' : `${prefix}/`;
}

/** Under which one backup lies. */
export function backupRoot(
  store: Pick<RemoteStore, 'prefix'>,
  { database, id }: { readonly database: string; readonly id: string },
): string {
  return `${rootOf(store)}${directoryNameOf(database)}/${id}/`;
}

/** How the place is shown. */
export function showRemote({ bucket }: Pick<RemoteStore, 'bucket'>, key: string): string {
  return `s3://${bucket}/${key.replace(/\/$/, '')}`;
}

/** The parts of a key `<root><database>/<id>/<file>`; undefined for any other. */
export function splitKey(
  store: Pick<RemoteStore, 'prefix'>,
  key: string,
): { readonly root: string; readonly id: string; readonly isManifest: boolean } | undefined {
  const root = rootOf(store);
  if (!key.startsWith(root)) return undefined;
  const [set = '', id = '', ...rest] = key.slice(root.length).split('/');
  if (set === '' || id === '' || rest.length === 0) return undefined;
  return { root: `${root}${set}/${id}/`, id, isManifest: rest.join('/') === MANIFEST_FILE };
}
