// Finds exports that nobody imports. Not looked at: commands and hooks (oclif loads them) and the library's face.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { analyzeTsConfig } from 'ts-unused-exports';

const { unusedExports } = analyzeTsConfig('tsconfig.json', [
  '--excludePathsFromReport=src/commands;src/hooks;src/lib/index.ts;src/lib/operations.ts;src/lib/query-metrics/index.ts;src/lib/cli/main.ts;src/lib/cli/help-class.ts;test/;examples/;vitest.config.ts',
  '--allowUnusedTypes',
]);

const sources = readdirSync('src', { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

/** The tool does not see `const { name } = await import(...)`, which is how commands load a feature. */
function isLoadedLazily(file, name) {
  const folder = dirname(relative('.', file));
  const word = new RegExp(`\\b${name}\\b`);
  return sources.some(
    ({ path, text }) => !path.startsWith(`${folder}/`) && text.includes('await import(') && word.test(text),
  );
}

for (const [file, exports] of Object.entries(unusedExports)) {
  for (const { exportName, location } of exports) {
    if (isLoadedLazily(file, exportName)) continue;
    console.error(
      `${relative('.', file)}:${location?.line ?? 1} ${exportName} is exported but nobody imports it`,
    );
    process.exitCode = 1;
  }
}
