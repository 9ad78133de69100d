import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionTarget } from './connection.js';
import { BkDbError } from './errors.js';
import { openServerSocket } from './server-socket.js';
import { SessionWatch } from './session-watch.js';

/** PostgreSQL's CancelRequest message: length 16, code 80877102, process, key (protocol 55.2.8). */
const CANCEL_CODE = 80_877_102;
const POLL_MS = 5;
const FAREWELL_MS = 500;

/**
 * The sockets of one client: opened for postgres.js within the connect time limit, watched, so that running
 * statements can be cancelled on the server, and destroyed at the end, so that no dead server keeps the process alive.
 */
export class SessionSockets {
  readonly #target: ConnectionTarget;
  readonly #sessions = new Map<Socket, SessionWatch>();
  readonly #connecting = new Set<AbortController>();
  #scram = false;

  constructor(target: ConnectionTarget) {
    this.#target = target;
  }

  /** True once the server has asked for SCRAM, which wants the password in its normal form. */
  get scram(): boolean {
    return this.#scram;
  }

  /**
   * Opens a socket. Never rejects: a failure is reported by the returned socket (destroyed with the error), because a
   * rejected promise would leave postgres.js waiting for ever.
   */
  async open(): Promise<Socket> {
    const limit = new AbortController();
    const timeoutMs = this.#target.connectTimeoutMs;
    const timer =
      timeoutMs > 0 ? setTimeout(() => limit.abort(timeoutError(timeoutMs)), timeoutMs) : undefined;
    const settle = () => {
      clearTimeout(timer);
      this.#connecting.delete(limit);
    };
    this.#connecting.add(limit);
    try {
      const socket = await openServerSocket(this.#target, limit.signal);
      limit.signal.addEventListener('abort', () => socket.destroy(limit.signal.reason as Error));
      this.#watch(socket, settle);
      return socket;
    } catch (error) {
      settle();
      const failed = new Socket();
      process.nextTick(() => failed.destroy(error instanceof Error ? error : new Error(String(error))));
      return failed;
    }
  }

  #watch(socket: Socket, settle: () => void): void {
    const watch = new SessionWatch(socket, {
      onReady: settle,
      onAuthentication: (method) => {
        if (method === 'scram') this.#scram = true;
        const problem = this.#authenticationProblem(method);
        if (problem !== undefined) socket.destroy(problem);
      },
    });
    this.#sessions.set(socket, watch);
    socket.once('close', () => {
      settle();
      this.#sessions.delete(socket);
    });
  }

  #authenticationProblem(method: string): BkDbError | undefined {
    if (method === 'unsupported') {
      return new BkDbError(
        'CONNECTION_FAILED',
        'the server asks for an authentication that bk-db does not support',
        {
          hint: 'bk-db knows passwords (scram-sha-256, md5, password) and client certificates.',
        },
      );
    }
    if (this.#target.password !== undefined) return undefined;
    return new BkDbError('CONNECTION_FAILED', 'the server asks for a password, and none is configured', {
      hint: 'Set PGPASSWORD, write it into the URL, or keep it in ~/.pgpass.',
    });
  }

  /** Ends what is still connecting with this reason, and asks the server to cancel what is running. */
  interrupt(reason: Error): void {
    for (const limit of this.#connecting) limit.abort(reason);
    for (const watch of this.#sessions.values()) {
      if (watch.isBusy) void this.#cancel(watch);
    }
  }

  async #cancel({ key }: SessionWatch): Promise<void> {
    if (key === undefined) return;
    const message = Buffer.alloc(16);
    message.writeInt32BE(16, 0);
    message.writeInt32BE(CANCEL_CODE, 4);
    key.copy(message, 8);
    try {
      const limit = AbortSignal.timeout(this.#target.connectTimeoutMs || 10_000);
      const socket = await openServerSocket(this.#target, limit);
      socket.on('error', () => undefined);
      socket.end(message);
    } catch {
      // Cancelling is a courtesy to the server; the statement ends with its connection all the same.
    }
  }

  /** Waits until no statement runs, or the time (ms) is up. */
  async waitUntilIdle(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const isBusy = () => [...this.#sessions.values()].some((watch) => watch.isBusy);
    while (isBusy() && Date.now() < deadline) await sleep(POLL_MS);
  }

  /** Closes every socket: a server that is well gets a moment for it, and none keeps the process alive. */
  async close(): Promise<void> {
    const deadline = Date.now() + FAREWELL_MS;
    while (this.#sessions.size > 0 && Date.now() < deadline) await sleep(POLL_MS);
    for (const socket of this.#sessions.keys()) socket.destroy();
  }
}

function timeoutError(timeoutMs: number): BkDbError {
  return new BkDbError('CONNECTION_FAILED', `the server did not answer within ${timeoutMs} ms`, {
    hint: 'Check host and port with `bk-db config`; PGCONNECT_TIMEOUT sets the limit.',
    details: { reason: 'CONNECT_TIMEOUT' },
  });
}
