/** A second reader of a stream of pieces, which must keep pace with the first. */
export interface Branch {
  readonly pieces: AsyncIterable<Buffer>;
  /** Hands a piece over; resolves when it was taken, or nobody reads any more. */
  readonly push: (piece: Buffer) => Promise<void>;
  /** No more pieces will come, or be read. */
  readonly end: () => void;
}

/** A branch through which a stream can be read while another reader takes it too. */
export function createBranch(): Branch {
  let offered: Buffer | undefined;
  let open = true;
  let wakeReader: () => void = () => undefined;
  let wakeWriter: () => void = () => undefined;
  async function* read(): AsyncGenerator<Buffer> {
    try {
      while (offered !== undefined || open) {
        if (offered === undefined) {
          await new Promise<void>((resolve) => (wakeReader = resolve));
          continue;
        }
        const piece = offered;
        offered = undefined;
        wakeWriter();
        yield piece;
      }
    } finally {
      open = false;
      wakeWriter();
    }
  }
  return {
    pieces: read(),
    push: async (piece) => {
      if (!open) return;
      offered = piece;
      wakeReader();
      await new Promise<void>((resolve) => (wakeWriter = resolve));
    },
    end: () => {
      open = false;
      wakeReader();
      wakeWriter();
    },
  };
}

/** Passes a stream on, and each piece to the branch first. */
export async function* tee(source: AsyncIterable<Buffer>, branch: Branch): AsyncGenerator<Buffer> {
  try {
    for await (const piece of source) {
      await branch.push(piece);
      yield piece;
    }
  } finally {
    branch.end();
  }
}
