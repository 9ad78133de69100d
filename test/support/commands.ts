import { readFileSync } from 'node:fs';

interface ManifestCommand {
  readonly summary?: string;
  readonly description?: string;
  readonly examples?: readonly string[];
  readonly args: Readonly<
    Record<string, { readonly required?: boolean; readonly options?: readonly string[] }>
  >;
  readonly flags: Readonly<Record<string, unknown>>;
}

/** A command as the committed manifest has it. */
export interface KnownCommand extends ManifestCommand {
  /** Words after `bk-db`. */
  readonly words: readonly string[];
}

const manifest = JSON.parse(readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8')) as {
  readonly commands: Readonly<Record<string, ManifestCommand>>;
};

/** Every command there is. */
export const COMMANDS: readonly KnownCommand[] = Object.entries(manifest.commands).map(([id, command]) => ({
  ...command,
  words: id.split(':'),
}));

/** A value for each required argument, so that the command gets past its parser. */
export function argumentsFor(command: KnownCommand): string[] {
  return Object.values(command.args)
    .filter(({ required }) => required === true)
    .map(({ options }) => options?.[0] ?? 'something');
}
