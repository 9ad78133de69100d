import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scheduleSchema } from '../../src/lib/schedule/types.js';
import { temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';

describe('schedule', () => {
  it('prints files for a scheduler, as text and as JSON', async () => {
    const args = ['systemd', '--at', '23:50', '--', '--dir', '/srv/b', '--keep-daily', '7'];
    const text = await runCli(['schedule', ...args]);
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toContain('OnCalendar=*-*-* 23:50:00');
    expect(text.stdout).toMatch(/ backup check --max-age 26h --dir \/srv\/b /);
    const json = await runCli(['schedule', '--json', ...args]);
    expect(scheduleSchema.parse(json.json.data).files).toHaveLength(4);
  });

  it('refuses at once what would fail each night', async () => {
    for (const [args, message] of [
      [['cron', '--', '--keep-dayly', '7'], '--keep-dayly'],
      [['cron', '--', '--format', 'zip'], 'zip'],
      [['cron', '--', 'stray'], 'stray'],
      [['cron', '--', '--url', 'postgresql://u:s3cret@h/d'], 'must not hold the URL'],
      [['cron', '--at', '24:00'], '24:00'],
      [['cron', '--user', 'a b'], 'a b'],
      [['at'], 'at'],
    ] as const) {
      const { status, stdout, stderr } = await runCli(['schedule', ...args]);
      expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(message);
      expect(stderr).not.toContain('s3cret');
    }
  });

  it('writes them into a folder', async () => {
    const folder = join(await temporaryStore(), 'units');
    expect(await runCli(['schedule', 'systemd', '--output', folder])).toMatchObject({ status: 0 });
    expect((await readdir(folder)).sort()).toEqual([
      'bk-db-backup-check.service',
      'bk-db-backup-check.timer',
      'bk-db-backup.service',
      'bk-db-backup.timer',
    ]);
    expect((await stat(join(folder, 'bk-db-backup.timer'))).mode & 0o777).toBe(0o644);
  });
});
