/** Which half of a migration. */
export type Direction = 'up' | 'down';

/** Where the SQL of one direction stands. */
export interface Source {
  /** Absolute path. */
  readonly path: string;
  /** The name within the folder, for messages. */
  readonly file: string;
}

/** A migration as its folder has it. */
export interface Migration {
  /** As written in the file name, such as `0001`; for a repeatable one `R__name`. */
  readonly version: string;
  readonly name: string;
  readonly kind: 'versioned' | 'repeatable';
  readonly up: Source;
  /** Undefined where there is no way back. */
  readonly down: Source | undefined;
  /** The up part, line ends normalised. */
  readonly text: string;
  /** SHA-256 of the up part. */
  readonly checksum: string;
}

/** The name in messages and lists: `0001_bk`. */
export function migrationLabel({ version, name }: { version: string; name: string }): string {
  return name === '' || version.startsWith('R__') || version.endsWith(`_${name}`)
    ? version
    : `${version}_${name}`;
}
