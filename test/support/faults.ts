import { appendFile } from 'node:fs/promises';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';

/** True for `npm run faults`: every round, instead of the sample that runs with all tests. */
const FULL = process.env['BK_DB_FAULTS'] === 'full';

/** How many rounds this run makes. */
export function rounds(sample: number, full: number): number {
  return FULL ? full : sample;
}

/** Notes for the summary line how many faults were planted; it is called when each of them was stood. */
export async function tally(fault: string, count: number): Promise<void> {
  const file = process.env['BK_DB_FAULT_REPORT'];
  if (file !== undefined) await appendFile(file, `${JSON.stringify({ fault, count })}\n`);
}

/** Process numbers of the pg_dump programs that write into a store. */
export async function dumpsInto(store: string): Promise<number[]> {
  const { stdout } = await execa('ps', ['-eo', 'pid=,args=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes('pg_dump') && line.includes(store))
    .map((line) => Number.parseInt(line, 10));
}

/** Mounts a file system of so many KiB on a directory, until the test's end; undefined where this account may not. */
export async function smallDisk(directory: string, kibibytes: number): Promise<string | undefined> {
  const options = ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'bk-db-test', directory];
  const { exitCode } = await execa('mount', options, { reject: false });
  if (exitCode !== 0) return undefined;
  onTestFinished(async () => {
    await execa('umount', [directory]);
  });
  return directory;
}
