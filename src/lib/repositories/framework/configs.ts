import type * as z from 'zod';
import { bind, RepositoryError, rowFragments, sql, type Executor, type JsonObject } from '../base/index.js';
import type { FrameworkKind } from '../vocabulary.js';
import { configs, type Config, type NewConfig } from './tables.js';

const LABELS = { operation: 'update', table: configs, row: configs.row } as const;

/** Where a configuration holds. */
export interface ConfigPlace {
  readonly framework: FrameworkKind;
  /** Default `default`. */
  readonly environment?: string;
}

/** One difference between two configurations; undefined where one has no such path. */
export interface ConfigDifference {
  /** Keys joined by dots, such as `limits.timeout`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Stores a configuration as the next revision, a draft. */
export async function createConfig(executor: Executor, config: NewConfig): Promise<Config> {
  const row = rowFragments(configs, config);
  const place = placeOf(config);
  return executor.transaction(async (inner) => {
    await lockPlace(inner, place);
    return inner.one(
      { ...LABELS, method: 'createConfig', operation: 'insert' },
      sql`insert into framework.configs (revision, ${row.columns})
        select coalesce(max(c.revision), 0) + 1, ${row.values} from framework.configs c
        where c.framework = ${place.framework} and c.environment = ${place.environment}
        returning ${configs.select()}`,
    );
  });
}

/** Judges a configuration's data by a schema and stores the verdict with its reasons. */
export async function validateConfig(executor: Executor, id: string, schema: z.ZodType): Promise<Config> {
  const { data } = await getConfig(executor, id);
  const verdict = schema.safeParse(data);
  const errors = verdict.success
    ? []
    : verdict.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  return executor.one(
    { ...LABELS, method: 'validateConfig' },
    sql`update framework.configs
      set is_valid = ${verdict.success}, validated_at = clock_timestamp(),
          validation_errors = ${bind(configs.column('validationErrors').facts, errors)}
      where id = ${id} returning ${configs.select()}`,
  );
}

/** Where two configurations differ, by path. @throws RepositoryError NotFound. */
export async function diffConfigs(
  executor: Executor,
  before: string,
  after: string,
): Promise<ConfigDifference[]> {
  const [old, next] = [await getConfig(executor, before), await getConfig(executor, after)];
  return differences(old.data, next.data, '');
}

/**
 * Makes a valid draft the one configuration that holds; the one before retires.
 * @throws RepositoryError Check when it is not valid, IllegalTransition when it has retired.
 */
export async function activateConfig(executor: Executor, id: string): Promise<Config> {
  return executor.transaction(async (inner) => {
    const place = placeOf(await getConfig(inner, id));
    await lockPlace(inner, place);
    await inner.run(
      { ...LABELS, method: 'activateConfig' },
      sql`update framework.configs set status = 'retired', retired_at = clock_timestamp()
        where framework = ${place.framework} and environment = ${place.environment} and status = 'active'
          and id <> ${id}`,
    );
    return inner.one(
      { ...LABELS, method: 'activateConfig' },
      sql`update framework.configs set status = 'active', activated_at = coalesce(activated_at, clock_timestamp())
        where id = ${id} returning ${configs.select()}`,
    );
  });
}

/** Brings an earlier revision's data back as a new revision that holds; history stays. @throws RepositoryError NotFound. */
export async function rollbackConfig(
  executor: Executor,
  place: ConfigPlace,
  toRevision: number,
): Promise<Config> {
  const { framework, environment } = placeOf(place);
  return executor.transaction(async (inner) => {
    await lockPlace(inner, { framework, environment });
    const copy = await inner.first(
      { ...LABELS, method: 'rollbackConfig', operation: 'insert' },
      sql`insert into framework.configs as x (framework, environment, revision, framework_version, data, copied_from_id,
          is_valid, validation_errors, validated_at, comment)
        select c.framework, c.environment,
          (select max(l.revision) + 1 from framework.configs l
           where l.framework = c.framework and l.environment = c.environment),
          c.framework_version, c.data, c.id, c.is_valid, c.validation_errors, c.validated_at,
          'rolled back to revision ' || c.revision
        from framework.configs c
        where c.framework = ${framework} and c.environment = ${environment} and c.revision = ${toRevision}
        returning ${configs.select('x')}`,
    );
    if (copy === undefined)
      throw new RepositoryError('NotFound', `${framework} has no revision ${toRevision} in ${environment}`);
    return activateConfig(inner, copy.id);
  });
}

/** The configuration that holds: the environment's own, else the default one. @throws RepositoryError NotFound. */
export async function getActiveConfig(executor: Executor, place: ConfigPlace): Promise<Config> {
  const { framework, environment } = placeOf(place);
  const active = await executor.first(
    { ...LABELS, method: 'getActiveConfig', operation: 'select' },
    sql`select ${configs.select()} from framework.configs
      where framework = ${framework} and status = 'active' and environment in (${environment}, 'default')
      order by (environment = ${environment}) desc limit 1`,
  );
  if (active === undefined)
    throw new RepositoryError('NotFound', `${framework} has no active configuration in ${environment}`);
  return active;
}

async function getConfig(executor: Executor, id: string): Promise<Config> {
  const config = await executor.first(
    { ...LABELS, method: 'getConfig', operation: 'select' },
    sql`select ${configs.select()} from framework.configs where id = ${id}`,
  );
  if (config === undefined) throw new RepositoryError('NotFound', `there is no configuration ${id}`);
  return config;
}

function placeOf({ framework, environment = 'default' }: ConfigPlace): Required<ConfigPlace> {
  return { framework, environment };
}

/** One writer at a time for a framework and environment; the unique index is the backstop. */
async function lockPlace(
  executor: Executor,
  { framework, environment }: Required<ConfigPlace>,
): Promise<void> {
  await executor.run(
    { ...LABELS, method: 'lockConfigs', operation: 'select' },
    sql`select pg_advisory_xact_lock(hashtextextended(${`framework.configs:${framework}:${environment}`}, 0))`,
  );
}

function differences(before: JsonObject, after: JsonObject, prefix: string): ConfigDifference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) => {
    const [old, next, path] = [before[key], after[key], `${prefix}${key}`];
    if (isObject(old) && isObject(next)) return differences(old, next, `${path}.`);
    return canonical(old) === canonical(next) ? [] : [{ path, before: old, after: next }];
  });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** jsonb hands keys out in an order of its own, the same for equal values. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value);
}
