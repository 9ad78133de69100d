import { randomBytes } from 'node:crypto';

const BACKUP_ID = /^\d{8}T\d{6}Z-[0-9a-f]{4}$/;

/** A new id: UTC time and four random digits, such as `20261122T031500Z-7f3a`. Ids sort by time. */
export function newBackupId(now: Date): string {
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  return `${time}-${randomBytes(2).toString('hex')}`;
}

/** True for a text that has the form of a backup's id. */
export function isBackupId(text: string): boolean {
  return BACKUP_ID.test(text);
}
