import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serverKey, serverLayout } from '../../../src/lib/server/layout.js';
import { findProjectRoot } from '../../../src/lib/server/project-root.js';

describe('serverKey', () => {
  test('is readable, safe as a file name, and differs for two projects of one name', () => {
    expect(serverKey('/home/ann/My shop!')).toMatch(/^My-shop--[0-9a-f]{10}$/);
    expect(serverKey('/home/ann/shop')).not.toBe(serverKey('/home/bob/shop'));
    expect(serverKey('/')).toMatch(/^root-[0-9a-f]{10}$/);
    expect(serverKey(`/x/${'long'.repeat(50)}`).length).toBeLessThan(60);
  });
});

describe('serverLayout', () => {
  const layout = (directory: string) => serverLayout({ projectRoot: '/p', directory, uid: 1000 });

  test('keeps everything in the folder', () => {
    expect(layout('/d')).toEqual({
      projectRoot: '/p',
      directory: '/d',
      dataDirectory: '/d/data',
      socketDirectory: '/d/run',
      logDirectory: '/d/log',
      logFile: '/d/log/server.log',
      passfile: '/d/pgpass',
      lockFile: '/d/lock',
    });
  });

  test('moves the socket to a short path of the user when its own would be too long', () => {
    const long = layout(`/home/${'x'.repeat(90)}`).socketDirectory;
    expect(long).toMatch(/^\/tmp\/bk-db-1000-[0-9a-f]{10}$/);
    expect(layout(`/home/${'y'.repeat(90)}`).socketDirectory).not.toBe(long);
  });

  test('moves the socket out of a path with a comma, where libpq sees two hosts', () => {
    expect(layout('/srv/a,b').socketDirectory).toMatch(/^\/tmp/);
  });

  test('counts bytes, not characters', () => {
    expect(layout(`/home/${'a'.repeat(50)}`).socketDirectory).toMatch(/^\/home/);
    expect(layout(`/home/${'ä'.repeat(50)}`).socketDirectory).toMatch(/^\/tmp/);
  });
});

describe('findProjectRoot', () => {
  let top: string;

  beforeEach(async () => {
    top = await realpath(await mkdtemp(join(tmpdir(), 'bk-db-root-')));
    await mkdir(join(top, 'a/b/c'), { recursive: true });
  });
  afterEach(() => rm(top, { recursive: true }));

  test.each(['package.json', 'bk-db.config.json', '.git'])(
    'is the nearest ancestor with %s',
    async (mark) => {
      await writeFile(join(top, mark), '');
      await writeFile(join(top, 'a', mark), '');
      expect(await findProjectRoot(join(top, 'a/b/c'))).toBe(join(top, 'a'));
    },
  );

  test('is the directory itself when no ancestor is marked', async () => {
    expect(await findProjectRoot(join(top, 'a/b'))).toBe(join(top, 'a/b'));
  });

  test('is the same through a symbolic link', async () => {
    await writeFile(join(top, 'a/package.json'), '');
    await symlink(join(top, 'a/b'), join(top, 'link'));
    expect(await findProjectRoot(join(top, 'link/c'))).toBe(join(top, 'a'));
  });
});
