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
