// Asks two other linters what they find in the corpus of `migrate lint` (test/lib/migrate/lint-corpus) and keeps their answers
// in oracles.json beside it, which the test compares with. They are fetched for that alone: as dependencies they would make
// `npm ci` refuse our lock file, which cannot list the programs for other platforms. With --check nothing is written.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const SQUAWK = '2.66.0';
const LANGUAGE_SERVER = '0.25.5';

const corpus = join(dirname(fileURLToPath(import.meta.url)), '../test/lib/migrate/lint-corpus');
const record = join(corpus, 'oracles.json');
const folders = ['dangerous', 'safe'].map((kind) => join(corpus, kind));
const files = folders.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)));

/** Rules by file, both in alphabetical order. */
function byFile(findings) {
  const found = new Map();
  for (const { file, rule } of findings) {
    const name = relative(corpus, file);
    found.set(name, (found.get(name) ?? new Set()).add(rule));
  }
  return Object.fromEntries([...found].sort().map(([file, rules]) => [file, [...rules].sort()]));
}

function squawk(home) {
  const program = join(home, 'node_modules/.bin/squawk');
  const { stdout } = spawnSync(program, ['--assume-in-transaction', '--reporter=json', ...files]);
  return JSON.parse(stdout).map(({ file, rule_name }) => ({ file, rule: rule_name }));
}

function languageServer(home) {
  const program = join(home, 'node_modules/.bin/postgres-language-server');
  writeFileSync(join(home, 'postgres-language-server.jsonc'), '{"linter":{"rules":{"all":true}}}');
  const args = ['check', '--disable-db', '--reporter=github', '--max-diagnostics=10000', ...folders];
  const { stdout } = spawnSync(program, args, { cwd: home, encoding: 'utf8' });
  return [...stdout.matchAll(/title=lint\/safety\/([^,]+),file=([^,]+)/g)].map(([, rule, file]) => ({
    file,
    rule,
  }));
}

const home = mkdtempSync(join(tmpdir(), 'bk-db-oracles-'));
try {
  writeFileSync(join(home, 'package.json'), '{"private":true}');
  const packages = [`squawk-cli@${SQUAWK}`, `@postgres-language-server/cli@${LANGUAGE_SERVER}`];
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const answers = {
    [`squawk ${SQUAWK}`]: byFile(squawk(home)),
    [`postgres-language-server ${LANGUAGE_SERVER}`]: byFile(languageServer(home)),
  };
  const text = `${JSON.stringify(answers, undefined, 2)}\n`;
  if (!process.argv.includes('--check')) writeFileSync(record, text);
  else if (readFileSync(record, 'utf8') !== text) {
    console.error('the linters answer otherwise than oracles.json says: run node scripts/lint-oracles.mjs');
    process.exitCode = 1;
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
