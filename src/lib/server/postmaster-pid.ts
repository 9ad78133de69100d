/** What postmaster.pid tells about the server that wrote it. */
export interface PostmasterPid {
  readonly pid: number;
  readonly dataDirectory: string;
  readonly startedAt: Date;
  /** True once the server accepts connections. */
  readonly ready: boolean;
}

/** Greater than any process number, and as long as one can be: see {@link withoutOwner}. */
const NO_PROCESS = 2_147_483_647;

/** Reads the lines of postmaster.pid: pid, data directory, start time, port, socket directory, address, shared memory, status. */
export function parsePostmasterPid(content: string): PostmasterPid | undefined {
  const lines = content.split('\n');
  const pid = Number(lines[0]);
  const startedSeconds = Number(lines[2]);
  if (!Number.isInteger(pid) || pid <= 0 || pid === NO_PROCESS || lines[1] === undefined) return undefined;
  return {
    pid,
    dataDirectory: lines[1],
    startedAt: new Date(Number.isFinite(startedSeconds) ? startedSeconds * 1000 : 0),
    ready: lines[7]?.trim() === 'ready',
  };
}

/**
 * The file of a dead server made harmless. PostgreSQL refuses to start when the number in it is that of a zombie or
 * of a process that got it since. Only the number is replaced: by the rest PostgreSQL finds out whether processes of
 * the dead server still work on the data, and then refuses rightly.
 */
export function withoutOwner(content: string): string {
  return content.replace(/^\d+/, String(NO_PROCESS));
}
