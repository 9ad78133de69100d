import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/lib/core/database.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { createProject } from '../support/project.js';
import { eventually, hasTmux, openTerminal } from '../support/terminal.js';

let db: TestDatabase;

beforeAll(async () => {
  db = await createDatabase();
  await db.sql.unsafe(`
    create table big as select generate_series(1, 5000) as id;
    create table small (id int primary key);
    analyze`);
});

afterAll(() => db.drop());

/** A session that holds a lock in an open transaction until the test ends, and one that waits for it. */
async function blockSomebody(): Promise<void> {
  const root = await openDatabase({ ...db.target, applicationName: 'A-root' }, { pool: { max: 1 } });
  const waiter = await openDatabase({ ...db.target, applicationName: 'B-waits' }, { pool: { max: 1 } });
  await root.sql.unsafe('begin; lock table small in access exclusive mode');
  const waiting = waiter.sql.unsafe('select * from small').catch(() => undefined);
  onTestFinished(async () => {
    await root.sql.unsafe('rollback');
    await waiting;
    await Promise.all([root.close(), waiter.close()]);
  });
}

describe.skipIf(!hasTmux)('every key of health --watch', () => {
  it('opens each tab by its digit, by Tab and by arrows', async () => {
    const terminal = await openTerminal({ url: db.url, columns: 120, rows: 36 });
    const titles = [
      'Activity',
      'Locks',
      'Tables',
      'Indexes',
      'Queries',
      'Replication',
      'Backups',
      'Migrations',
      'Checks',
    ];
    for (const [place, title] of titles.entries()) {
      await terminal.type(String(place + 1));
      await eventually(terminal.screen).toContain(`[${place + 1} ${title}`);
    }
    await terminal.type('3');
    await eventually(terminal.screen).toContain('public.big');
    await terminal.type('4');
    await eventually(terminal.screen).toContain('small_pkey');
    await terminal.type('5');
    await eventually(terminal.screen).toContain('pg_stat_statements is not installed');
    await terminal.type('Tab');
    await eventually(terminal.screen).toContain('[6 Replication');
    await terminal.type('BTab');
    await eventually(terminal.screen).toContain('[5 Queries');
    await terminal.type('Left');
    await eventually(terminal.screen).toContain('[4 Indexes');
    await terminal.type('Right');
    await eventually(terminal.screen).toContain('[5 Queries');
    await terminal.type('q');
    await eventually(terminal.screen).toContain('ended=0');
  });

  it('shows who blocks whom, the detail of a row, and its statement in the clipboard', async () => {
    await blockSomebody();
    const terminal = await openTerminal({ url: db.url });
    await terminal.type('2');
    await eventually(terminal.screen).toMatch(/>pid \d+ A-root {2}idle in transaction/);
    expect(await terminal.screen()).toMatch(/└─ pid \d+ B-waits {2}waits .* AccessShareLock on public.small/);
    await terminal.type('Down');
    await eventually(terminal.screen).toMatch(/^>└─ /m);
    await terminal.type('y');
    await eventually(terminal.screen).toContain('sent to the clipboard');
    expect(await terminal.clipboard()).toBe('select * from small');
    await terminal.type('Enter');
    await eventually(terminal.screen).toContain('connected at');
    await terminal.type('G');
    await eventually(terminal.screen).toContain('select * from small');
    await terminal.type('g', 'Escape');
    await eventually(terminal.screen).toMatch(/└─ /);
    await terminal.type('q');
  });

  it('filters, sorts, pauses, changes rate and colours, and helps', async () => {
    await blockSomebody();
    const terminal = await openTerminal({ url: db.url, columns: 120 });
    await eventually(terminal.screen).toContain('B-waits');
    await terminal.type('/', 'app:A-root', 'Space', '!nothing');
    await eventually(terminal.screen).toContain('filter: app:A-root !nothing_');
    await eventually(terminal.screen).not.toContain('B-waits');
    await terminal.type('Enter');
    await eventually(terminal.screen).toContain('/app:A-root !nothing');
    await terminal.type('Escape');
    await eventually(terminal.screen).toContain('B-waits');
    await terminal.type('s', 'S');
    await eventually(terminal.screen).toContain('by query reversed');
    await terminal.type('p');
    await eventually(terminal.screen).toContain('PAUSED');
    const [clock] = /\d\d:\d\d:\d\dZ/.exec(await terminal.screen()) ?? [];
    await eventually(terminal.screen).not.toContain(clock);
    await terminal.type('Space');
    await eventually(terminal.screen).toContain('every 2 s');
    await terminal.type('+', '+');
    await eventually(terminal.screen).toContain('every 0.5 s');
    await terminal.type('-');
    await eventually(terminal.screen).toContain('every 1 s');
    // eslint-disable-next-line no-control-regex -- colours are escape sequences
    const color = /\u001b\[3[1-6]m/;
    const dark = await terminal.coloredScreen();
    await terminal.type('T', 'T');
    await eventually(terminal.screen).toContain('colours: none');
    expect(dark).toMatch(color);
    await eventually(terminal.coloredScreen).not.toMatch(color);
    await terminal.type('?');
    await eventually(terminal.screen).toContain('any key goes back');
    await terminal.type('x');
    await eventually(terminal.screen).not.toContain('any key goes back');
    await terminal.type('h');
    await eventually(terminal.screen).toContain('any key goes back');
    await terminal.type('x', 'i', 'j', 'k', 'NPage', 'PPage', 'Home', 'End', 'r');
    await eventually(terminal.screen).toContain('application');
    await terminal.type('c');
    await eventually(terminal.screen).toMatch(/y( y)? does it/);
    await terminal.type('n');
    await eventually(terminal.screen).toContain('nothing was done');
    await terminal.paste('Kyq');
    await eventually(terminal.screen).toContain('what is pasted does nothing here');
    await terminal.type('C-c');
    await eventually(terminal.screen).toContain('ended=0');
    expect(await terminal.isCooked()).toBe(true);
  });

  it('exports what is shown into private files', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'bk-db-export-'));
    onTestFinished(() => rm(cwd, { recursive: true }));
    const terminal = await openTerminal({ url: db.url, cwd, columns: 160 });
    await terminal.type('3');
    await eventually(terminal.screen).toContain('public.big');
    await terminal.type('e');
    await eventually(terminal.screen).toMatch(/\d rows written to/);
    await terminal.type('E');
    await eventually(async () => (await readdir(cwd)).map((name) => extname(name)).sort()).toEqual([
      '.csv',
      '.json',
    ]);
    const [csv = '', json = ''] = (await readdir(cwd)).sort();
    expect((await stat(join(cwd, json))).mode & 0o777).toBe(0o600);
    expect((await stat(join(cwd, csv))).mode & 0o777).toBe(0o600);
    const { rows } = JSON.parse(await readFile(join(cwd, json), 'utf8')) as { rows: { table: string }[] };
    expect(rows.map(({ table }) => table)).toContain('big');
    expect(await readFile(join(cwd, csv), 'utf8')).toMatch(/^schema,table,sizeBytes/);
    await terminal.type('q');
  });

  it('has neither colours nor symbols when that is asked', async () => {
    const terminal = await openTerminal({ url: db.url, flags: ['--ascii'], env: { NO_COLOR: '1' } });
    await terminal.type('9');
    await eventually(terminal.screen).toContain('conn.used');
    expect(await terminal.coloredScreen()).toMatch(/^[\n\u0020-\u007e]*$/);
    await terminal.type('q');
  });

  it('ends nothing when it is read-only', async () => {
    await blockSomebody();
    const terminal = await openTerminal({ url: db.url, flags: ['--read-only'] });
    await eventually(terminal.screen).toContain('B-waits');
    await terminal.type('K');
    await eventually(terminal.screen).toContain('the dashboard is read-only');
    await terminal.type('q');
  });
});

describe.skipIf(!hasTmux)('health --watch and a server that goes away', () => {
  it('stands a restart and a crash, with its last frame and a banner meanwhile', async () => {
    const project = await createProject();
    await project.run(['server', 'start']);
    const { stdout: url } = await project.run(['server', 'url']);
    await project.psql('create database bk');
    const terminal = await openTerminal({
      url: url.trim(),
      cwd: project.directory,
      env: project.env,
      flags: ['--every', '500ms'],
    });
    await terminal.type('9');
    await eventually(terminal.screen).toContain('conn.used');
    await project.run(['server', 'stop']);
    await eventually(terminal.screen).toContain('NOT LIVE');
    expect(await terminal.screen()).toContain('conn.used');
    await project.run(['server', 'start']);
    await eventually(terminal.screen).not.toContain('NOT LIVE');
    process.kill(await project.postmasterPid(), 'SIGKILL');
    await eventually(terminal.screen).toContain('NOT LIVE');
    expect(await terminal.screen()).toContain('conn.used');
    await eventually(() => project.servers()).toEqual([]);
    await project.run(['server', 'start']);
    await eventually(terminal.screen).not.toContain('NOT LIVE');
    await terminal.type('q');
    await eventually(terminal.screen).toContain('ended=0');
    expect(await terminal.modes()).toBe('0 1');
    expect(await terminal.isCooked()).toBe(true);
  });
});
