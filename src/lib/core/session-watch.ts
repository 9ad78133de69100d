import type { Socket } from 'node:net';

/** How the server wants the client to prove who it is. */
export type Authentication = 'password' | 'scram' | 'unsupported';

export interface SessionEvents {
  /** The server has let the session in, or turned it away. */
  readonly onReady: () => void;
  readonly onAuthentication: (method: Authentication) => void;
}

/** Authentication requests by their number (protocol 55.7); 0, 11 and 12 ask for nothing new. */
const METHODS: Readonly<Record<number, Authentication>> = {
  2: 'unsupported',
  3: 'password',
  5: 'password',
  6: 'unsupported',
  7: 'unsupported',
  9: 'unsupported',
  10: 'scram',
};

const MESSAGE_HEAD = 5;
const READY_LENGTH = 6;

/** Listens to what the server says in one session: its start message by message, then only whether it is idle. */
export class SessionWatch {
  readonly #socket: Socket;
  readonly #events: SessionEvents;
  #head: Buffer | undefined = Buffer.alloc(0);
  #tail = Buffer.alloc(0);
  #writtenWhenIdle = -1;
  #key: Buffer | undefined;

  constructor(socket: Socket, events: SessionEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('data', (chunk: Buffer) => {
      this.#read(chunk);
    });
  }

  /** Process number and secret (eight bytes) for a cancel request. */
  get key(): Buffer | undefined {
    return this.#key;
  }

  /** True while a statement runs: something was sent since the server last said it was ready. */
  get isBusy(): boolean {
    return this.#key !== undefined && this.#socket.bytesWritten !== this.#writtenWhenIdle;
  }

  #read(chunk: Buffer): void {
    if (this.#head !== undefined) this.#readHead(Buffer.concat([this.#head, chunk]));
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-READY_LENGTH)]).subarray(-READY_LENGTH);
    if (!this.#tail.toString('latin1').startsWith('Z\0\0\0\u0005')) return;
    this.#writtenWhenIdle = this.#socket.bytesWritten;
    // postgres.js leaves the socket paused for ever when a COPY's last rows fill its stream and its end comes with
    // them; an idle server has nothing to hold back.
    setImmediate(() => this.#socket.resume());
  }

  /** Reads whole messages until the session is ready (Z) or refused (E). */
  #readHead(buffer: Buffer): void {
    let rest = buffer;
    while (rest.length >= MESSAGE_HEAD) {
      const length = rest.readUInt32BE(1) + 1;
      if (rest.length < length) break;
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      if (this.#readMessage(message)) {
        this.#head = undefined;
        this.#events.onReady();
        return;
      }
    }
    this.#head = rest;
  }

  #readMessage(message: Buffer): boolean {
    const type = String.fromCharCode(message[0] ?? 0);
    if (type === 'R') {
      const method = METHODS[message.readUInt32BE(MESSAGE_HEAD)];
      if (method !== undefined) this.#events.onAuthentication(method);
    }
    if (type === 'K') this.#key = Buffer.from(message.subarray(MESSAGE_HEAD));
    return type === 'Z' || type === 'E';
  }
}
