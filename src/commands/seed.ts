import { Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { CONNECTING, describeCommand } from '../lib/cli/describe.js';
import { seedView } from '../lib/cli/views/seed.js';
import {
  DEFAULT_AS_OF,
  DEFAULT_SCALE,
  DEFAULT_SEED,
  DOMAINS,
  MAX_SCALE,
  SEED_LEVELS,
} from '../lib/seed/types.js';

export default class Seed extends BaseCommand {
  static override summary = 'fill the BrahminyKite schema with deterministic data';
  static override description = describeCommand(
    'The same level, seed and as-of give the same rows, and a second run changes nothing. Level reference is the configuration of each framework; demo adds a small world in all five domains, load N times as much. Each domain is one transaction; bk.verify() has the last word. Needs the owner of the tables.',
    [...CONNECTING, 'LOCK_HELD', 'NOT_FOUND', 'TARGET_NOT_EMPTY', 'INVARIANT'],
  );
  static override examples = [
    '<%= config.bin %> seed',
    '<%= config.bin %> seed --level reference',
    '<%= config.bin %> seed --domain verification,evolution --seed tuesday --as-of now',
    '<%= config.bin %> seed --level load --scale 20 --json',
  ];
  static override flags = {
    level: Flags.option({ options: SEED_LEVELS, default: 'demo', summary: 'how much to seed' })(),
    scale: Flags.integer({
      helpValue: 'N',
      min: 1,
      max: MAX_SCALE,
      summary: `with --level load: how many times the demo, about 19,000 rows each (default ${DEFAULT_SCALE})`,
    }),
    domain: Flags.option({
      options: DOMAINS,
      multiple: true,
      delimiter: ',',
      summary: 'only these domains and those they refer to; repeat or separate by commas',
    })(),
    seed: Flags.string({ helpValue: 'TEXT', default: DEFAULT_SEED, summary: 'other seeds give other rows' }),
    'as-of': Flags.string({
      helpValue: 'TIME',
      default: DEFAULT_AS_OF,
      summary:
        'the present of the fixtures, which go back 90 days: ISO 8601, or now (the start of the UTC day)',
    }),
  };
  static override readonly resultSchema = async () => (await import('../lib/seed/index.js')).seedResultSchema;

  async run() {
    const { flags } = await this.parse(Seed);
    const { parseAsOf, seed } = await import('../lib/seed/index.js');
    const asOf = parseAsOf(flags['as-of'], new Date());
    const context = await this.context(flags);
    const result = await seed(
      { target: await context.target(), onProgress: this.reporter.progress, signal: context.signal },
      {
        level: flags.level,
        seed: flags.seed,
        asOf,
        ...(flags.domain && { domains: flags.domain }),
        ...(flags.scale !== undefined && { scale: flags.scale }),
      },
    );
    const added = result.domains.filter((domain) => flags.domain?.includes(domain) === false);
    if (added.length > 0)
      this.reporter.note(`seeded as well, because others refer to it: ${added.join(', ')}`);
    this.reporter.summary(seedView(result, this.reporter.paint));
    return result;
  }
}
