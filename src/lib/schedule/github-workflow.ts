import { shellWord } from './shell-word.js';
import type { ScheduleFile, ScheduleOptions } from './types.js';

/** A workflow that keeps the backup as an artifact; its database must be reachable from GitHub's runners. */
export function githubWorkflow({ at, backupArgs }: ScheduleOptions): ScheduleFile[] {
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  const words = ['npx', 'bk-db', 'backup', ...backupArgs, '--dir', 'backups'].map(shellWord).join(' ');
  const content = `name: backup
on:
  schedule:
    - cron: '${minute} ${hour} * * *' # UTC
  workflow_dispatch:
concurrency: backup
permissions:
  contents: read
jobs:
  backup:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - run: npm ci
      - run: sudo apt-get update && sudo apt-get install --yes postgresql-client age zstd
      # Whoever may read the repository may read its artifacts: encrypt with --encrypt-to.
      - run: |
          ${words}
        env:
          DATABASE_URL: \${{ secrets.DATABASE_URL }}
      - uses: actions/upload-artifact@v4
        with:
          name: backup-\${{ github.run_id }}
          path: backups
          include-hidden-files: true
          retention-days: 30
`;
  return [{ path: '.github/workflows/backup.yml', content }];
}
