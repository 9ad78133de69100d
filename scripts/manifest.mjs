// Writes oclif.manifest.json from the built commands; with --check says whether the committed one is up to date.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core/config';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const file = join(root, 'oclif.manifest.json');

const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
const text = `${JSON.stringify(sortKeys({ commands: plugin.manifest.commands, version: plugin.version }), null, 2)}\n`;
const written = await readFile(file, 'utf8').catch(() => '');

if (process.argv.includes('--check')) {
  if (text !== written) {
    console.error('oclif.manifest.json is out of date: run `npm run build` and commit it');
    process.exitCode = 1;
  }
} else if (text !== written) {
  await writeFile(file, text);
}

function sortKeys(value) {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key])]),
  );
}
