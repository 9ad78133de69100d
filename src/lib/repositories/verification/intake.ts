import {
  bulkInsert,
  insertOne,
  RepositoryError,
  sql,
  uuidV7,
  type Executor,
  type NewRow,
} from '../base/index.js';
import { frameworkOf, type FrameworkKind, type FrameworkName } from '../vocabulary.js';
import { requestFrameworks, requests, type Request, type RequestFramework } from './tables.js';

/** A framework to ask: by name, or with its weight (1) and whether the request needs its result (true). */
export type FrameworkChoice =
  | FrameworkName
  | { readonly framework: FrameworkName; readonly weight?: string; readonly required?: boolean };

/** A request to be made. Without `frameworks` the six that judge claims are asked, not `meta`. */
export type NewRequest = Omit<NewRow<typeof requests>, 'content'> & {
  readonly content: string;
  readonly frameworks?: readonly FrameworkChoice[];
};

const DEFAULT_FRAMEWORKS: readonly FrameworkKind[] = [
  'empirical',
  'contextual',
  'consistency',
  'power_dynamics',
  'utility',
  'evolution',
];

/** Inserts a request with its frameworks. */
export async function createRequest(
  executor: Executor,
  { frameworks, ...request }: NewRequest,
  actor?: string,
): Promise<Request> {
  return executor.transaction(
    async (inner) => {
      const created = await inner.one(
        { method: 'createRequest', operation: 'insert', table: requests, row: requests.row },
        sql`${insertOne(requests, request)} returning ${requests.select()}`,
      );
      await bulkInsert(inner, requestFrameworks, { rows: frameworkRows(created.id, frameworks) });
      return created;
    },
    actor === undefined ? {} : { actor },
  );
}

/** Inserts requests with their frameworks, all or none; returns their ids in order. */
export async function createRequests(
  executor: Executor,
  newRequests: readonly NewRequest[],
): Promise<string[]> {
  const identified = newRequests.map(({ frameworks, ...request }) => {
    const row = { id: uuidV7(), ...request };
    return { row, frameworks: frameworkRows(row.id, frameworks) };
  });
  await executor.transaction(async (inner) => {
    await bulkInsert(inner, requests, { rows: identified.map(({ row }) => row) });
    await bulkInsert(inner, requestFrameworks, {
      rows: identified.flatMap(({ frameworks }) => frameworks),
    });
  });
  return identified.map(({ row }) => row.id);
}

/** Asks again what an earlier request asked; the earlier results stay as they are. */
export async function reverify(
  executor: Executor,
  original: Request & { readonly frameworks: readonly RequestFramework[] },
  overrides: Partial<NewRequest> = {},
): Promise<Request> {
  const { content } = original;
  if (content === null)
    throw new RepositoryError(
      'BadValue',
      `request ${original.requestKey} is redacted: nothing is left to verify`,
    );
  const { requestKey, clientId, mode, contentType, domain, context, sourceMetadata, priority } = original;
  const { timeoutSeconds, maxAttempts } = original;
  return createRequest(executor, {
    ...{ clientId, mode, contentType, content, domain, context, sourceMetadata, priority },
    ...{ timeoutSeconds, maxAttempts },
    requestKey: `${requestKey.slice(0, 110)}:r${uuidV7().slice(-12)}`,
    frameworks: original.frameworks,
    ...overrides,
    reverifiesId: original.id,
  });
}

function frameworkRows(
  requestId: string,
  choices: readonly FrameworkChoice[] = DEFAULT_FRAMEWORKS,
): NewRow<typeof requestFrameworks>[] {
  return choices.map((choice) => {
    const { framework, weight, required } =
      typeof choice === 'string' ? { framework: choice } : { ...choice };
    return {
      requestId,
      framework: frameworkOf(framework),
      weight: weight ?? '1',
      required: required ?? true,
    };
  });
}
