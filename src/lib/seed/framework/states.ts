import type { Aggregate, Fixtures } from '../fixtures.js';
import { sha256Bytea } from '../hashes.js';
import { rounded } from '../numbers.js';
import { DAY_MS, plus } from '../timeline.js';
import { JUDGES, type Judge } from '../vocabulary.js';

export const STATE_VERSIONS = 5;

/** The keys of each framework's state: large weights that live outside, and counters. */
const STATES = JUDGES.flatMap((framework) => [
  { framework, stateKey: `${framework}/weights`, kind: 'model' },
  { framework, stateKey: `${framework}/counters`, kind: 'counter' },
]);

/** Each state with five versions, two weeks apart. */
export function stateAggregates(fixtures: Fixtures): Aggregate[] {
  return STATES.map(({ framework, stateKey, kind }) => ({
    root: 'framework.state_heads',
    id: stateKey,
    key: stateKey,
    rows: {
      'framework.state_heads': [
        {
          framework,
          state_key: stateKey,
          current_version: STATE_VERSIONS,
          updated_at: savedAt(fixtures, STATE_VERSIONS),
        },
      ],
      'framework.states': Array.from({ length: STATE_VERSIONS }, (_, index) => ({
        framework,
        state_key: stateKey,
        version: index + 1,
        kind,
        ...(kind === 'model' ? outside(stateKey, index + 1) : inside(fixtures, stateKey, index + 1)),
        created_by: 'bk-db seed',
        created_at: savedAt(fixtures, index + 1),
      })),
    },
  }));
}

function savedAt(fixtures: Fixtures, version: number): Date {
  return plus(fixtures.timeline.start, version * 14 * DAY_MS);
}

function outside(stateKey: string, version: number) {
  const uri = `s3://bk-models/${stateKey}/v${version}.pt`;
  return { value: null, uri, checksum_sha256: sha256Bytea(uri), size_bytes: 4_200_000 + version * 1_000 };
}

function inside(fixtures: Fixtures, stateKey: string, version: number) {
  const random = fixtures.random('framework.states', `${stateKey}/${version}`);
  const value = { judged: version * 1_000 + random.integer(0, 400), errors: random.integer(0, 40) };
  return { value, uri: null, checksum_sha256: null, size_bytes: JSON.stringify(value).length };
}

const CHECKPOINTS: readonly {
  readonly framework: Judge;
  readonly label: string;
  readonly kind: string;
  readonly version: number;
}[] = [
  { framework: 'empirical', label: 'nightly-1', kind: 'scheduled', version: 2 },
  { framework: 'empirical', label: 'best-f1', kind: 'best', version: 4 },
  { framework: 'consistency', label: 'before-2.0', kind: 'pre_migration', version: 3 },
  { framework: 'utility', label: 'manual-review', kind: 'manual', version: 5 },
];

/** Four checkpoints of exact versions; the best one is pinned. */
export function checkpointAggregates(fixtures: Fixtures): Aggregate[] {
  return CHECKPOINTS.map(({ framework, label, kind, version }, n) => {
    const random = fixtures.random('framework.checkpoints', n);
    const createdAt = plus(savedAt(fixtures, version), DAY_MS);
    const id = random.uuid(createdAt);
    return {
      root: 'framework.checkpoints',
      id,
      key: id,
      rows: {
        'framework.checkpoints': [
          {
            id,
            framework,
            label,
            kind,
            step: version * 10_000,
            metrics: { f1_score: rounded(0.7 + 0.04 * version + 0.02 * random.unit(), 4) },
            is_pinned: kind === 'best',
            created_at: createdAt,
          },
        ],
        'framework.checkpoint_entries': STATES.filter((state) => state.framework === framework).map(
          ({ stateKey }) => ({
            checkpoint_id: id,
            framework,
            state_key: stateKey,
            version,
          }),
        ),
      },
    };
  });
}
