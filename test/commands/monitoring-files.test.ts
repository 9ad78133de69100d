import { execa } from 'execa';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filledDatabase, temporaryStore } from '../support/backup-store.js';
import { runCli } from '../support/cli.js';

const hasPromtool = await execa('promtool', ['--version'], { reject: false }).then(
  ({ exitCode }) => exitCode === 0,
  () => false,
);

/** Names of the metrics that queries speak of. */
function metricsIn(text: string): Set<string> {
  return new Set(text.match(/\bbk_db_\w+/g) ?? []);
}

async function metricsOfServer(): Promise<Set<string>> {
  const store = await temporaryStore();
  const { env } = await filledDatabase('create table t as select 1 as v');
  await runCli(['migrate'], { env });
  await runCli(['backup', '--dir', store], { env });
  const { stdout } = await runCli(['metrics', '--dir', store], { env });
  return metricsIn([...stdout.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name).join(' '));
}

describe('metrics rules and dashboard', () => {
  it('speak only of metrics that there are', async () => {
    const there = await metricsOfServer();
    for (const what of ['rules', 'dashboard']) {
      const { status, stdout } = await runCli(['metrics', what], { env: {} });
      expect(status).toBe(0);
      const used = metricsIn(stdout);
      expect(used.size).toBeGreaterThan(2);
      expect([...used].filter((name) => !there.has(name))).toEqual([]);
    }
  });

  it('have a rule for both states of every check, each with its own name', async () => {
    const { stdout } = await runCli(['metrics', 'rules'], { env: {} });
    const names = [...stdout.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    const { env } = await filledDatabase('select 1');
    const { json } = await runCli(['health', '--diagnose', '--json'], { env });
    const ids = (json.data.findings as { id: string }[]).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(20);
    for (const id of ids) {
      expect(stdout).toContain(`bk_db_check_status{check=\\"${id}\\"} == 2`);
      expect(stdout).toContain(`bk_db_check_status{check=\\"${id}\\"} == 1`);
    }
  });

  it('are a dashboard that Grafana can read', async () => {
    const { stdout } = await runCli(['metrics', 'dashboard'], { env: {} });
    const { panels } = JSON.parse(stdout) as { panels: { id: number; targets: unknown[] }[] };
    expect(panels.length).toBeGreaterThan(10);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it.skipIf(!hasPromtool)('are rules that Prometheus takes', async () => {
    const file = join(await temporaryStore(), 'rules.yml');
    await writeFile(file, (await runCli(['metrics', 'rules'], { env: {} })).stdout);
    const { stdout } = await execa('promtool', ['check', 'rules', file]);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });
});
