import { InterruptedError, type StopSignal } from '../core/errors.js';

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export interface StopWatch {
  /** Aborted with an {@link InterruptedError} by the first signal. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an abort, so that work can clean up; a second one kills at once.
 * Listeners stay registered (`on`, not `once`): execa's own listener would otherwise kill the process first.
 */
export function watchStopSignals(): StopWatch {
  const controller = new AbortController();
  const listeners = SIGNALS.map((name) => {
    const listener = () => {
      if (!controller.signal.aborted) {
        controller.abort(new InterruptedError(name));
        return;
      }
      release();
      process.kill(process.pid, name);
    };
    process.on(name, listener);
    return { name, listener };
  });
  const release = () => {
    for (const { name, listener } of listeners) process.off(name, listener);
  };
  return { signal: controller.signal, release };
}
