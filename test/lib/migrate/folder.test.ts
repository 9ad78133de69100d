import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMigration, nextVersion } from '../../../src/lib/migrate/create.js';
import { readFolder } from '../../../src/lib/migrate/folder.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bk-db-migrations-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const write = async (files: Readonly<Record<string, string>>) => {
  for (const [file, text] of Object.entries(files)) await writeFile(join(dir, file), text);
};
const read = async (files: Readonly<Record<string, string>>) => {
  await write(files);
  return readFolder(dir);
};

describe('readFolder', () => {
  it('reads pairs in the order of their numbers', async () => {
    const folder = await read({
      '10_c.up.sql': '',
      '9_b.up.sql': '',
      '9_b.down.sql': '',
      'R__view.sql': '',
      'README.md': '',
    });
    expect(folder.layout).toBe('pairs');
    expect(folder.migrations.map(({ version, down }) => [version, down?.file])).toEqual([
      ['9', '9_b.down.sql'],
      ['10', undefined],
      ['R__view', undefined],
    ]);
    expect(folder.warnings).toEqual([]);
  });

  it.each([
    ['dbmate', { '20240101_a.sql': '-- migrate:up\nselect 1;\n-- migrate:down\nselect 2;' }],
    ['goose', { '00001_a.sql': '-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;' }],
    ['flyway', { 'V1.2__a.sql': 'select 1;', 'U1.2__a.sql': 'select 2;' }],
    ['plain', { '001-a.sql': 'select 1;' }],
  ])('knows the %s layout', async (layout, files) => {
    const folder = await read(files);
    expect(folder.layout).toBe(layout);
    expect(folder.migrations).toHaveLength(1);
    expect(folder.migrations[0]?.down === undefined).toBe(layout === 'plain');
  });

  it.each([
    [
      'two files of one version',
      { 'V1__a.sql': '', 'V01__b.sql': '' },
      /V01__b.sql and V1__a.sql|V1__a.sql and V01__b.sql/,
    ],
    ['one name twice', { '1_a.up.sql': '', '01_a.up.sql': '' }, /have the same version/],
    ['a way back from nowhere', { '1_a.up.sql': '', '2_b.down.sql': '' }, /2_b.down.sql/],
    ['two layouts', { '1_a.up.sql': '', 'V2__b.sql': '' }, /mixes layouts/],
  ])('refuses %s', async (_, files, message) => {
    await write(files);
    await expect(readFolder(dir)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('lets the name decide where migrations share a number', async () => {
    const folder = await read({ '1_b.up.sql': '', '1_a.up.sql': '', '1_a.down.sql': '', '2_c.up.sql': '' });
    expect(folder.migrations.map(({ version, down }) => [version, down?.file])).toEqual([
      ['1_a', '1_a.down.sql'],
      ['1_b', undefined],
      ['2', undefined],
    ]);
    expect(folder.warnings).toEqual([
      `in ${dir} several migrations share a number: their names decide the order`,
    ]);
  });

  it('says what it does not run, and where a number is missing', async () => {
    const folder = await read({ '0001_a.up.sql': '', '0003_b.up.sql': '', 'seed.sql': '', '0002_c.go': '' });
    expect(folder.warnings).toEqual([
      'seed.sql is not run: its name is not that of a migration',
      '0002_c.go is not run: it is no SQL',
      `there is no migration 0002 between its neighbours in ${dir}`,
    ]);
  });

  it('says when the folder does not exist', async () => {
    await expect(readFolder(join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('createMigration', () => {
  it('goes on as the folder does, and overwrites nothing', async () => {
    await write({ '0009_a.up.sql': '' });
    const deps = { now: () => new Date() };
    const created = await createMigration(deps, { migrationsDir: dir, name: 'Add Orders!' });
    expect(created.files).toEqual([
      join(dir, '0010_add_orders.up.sql'),
      join(dir, '0010_add_orders.down.sql'),
    ]);
    expect((await readFolder(dir)).migrations).toHaveLength(2);
  });

  it.each([
    [undefined, '0001'],
    ['0099', '0100'],
    ['1.4', '2'],
    ['20240101000000', '20260102030405'],
    ['20990101000000', '20990101000001'],
  ])('numbers after %s: %s', (last, next) => {
    expect(nextVersion(last, new Date('2026-01-02T03:04:05Z'))).toBe(next);
  });
});
