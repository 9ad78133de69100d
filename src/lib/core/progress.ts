/** How far a piece of work has come. Features hand it to `onProgress`; what becomes of it is the caller's choice. */
export interface ProgressEvent {
  /** What is being done, such as `dumping public.rental`. */
  readonly phase: string;
  readonly done?: number;
  readonly total?: number;
  readonly unit?: 'bytes' | 'rows' | 'tables' | 'files' | 'migrations';
  /** Bytes that went with it, where something else is counted. */
  readonly bytes?: number;
  readonly bytesPerSecond?: number;
  /** Guessed from what was done so far; absent while nothing can be said. */
  readonly remainingMs?: number;
}

export type OnProgress = (event: ProgressEvent) => void;

/** How far so many bytes are after so long, and what remains where their number is known. Pure. */
export function byteProgress(
  done: number,
  total: number | undefined,
  elapsedMs: number,
): Omit<ProgressEvent, 'phase'> {
  const bytesPerSecond = elapsedMs > 0 ? (done / elapsedMs) * 1_000 : 0;
  if (total === undefined) return { done, unit: 'bytes', bytesPerSecond };
  const remainingMs = done > 0 ? (elapsedMs / done) * Math.max(0, total - done) : undefined;
  return {
    done,
    total,
    unit: 'bytes',
    bytesPerSecond,
    ...(remainingMs === undefined ? {} : { remainingMs }),
  };
}
