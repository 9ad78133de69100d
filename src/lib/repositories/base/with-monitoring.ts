import { AsyncLocalStorage } from 'node:async_hooks';
import { monitorQuery } from './monitor.js';
import type { Monitored } from './monitor-decorators.js';

interface MonitoredRepository extends Monitored {
  readonly table: { readonly label: string };
}

type Method = (this: MonitoredRepository, ...args: unknown[]) => unknown;

/** They run callers' code: reporting them would hide the calls inside. */
const NOT_REPORTED = new Set(['constructor', 'transaction', 'with', 'stream']);

/** Set while a method runs, so that the methods it calls itself are not counted again. */
const calls = new AsyncLocalStorage<true>();

/**
 * The same repository class, with each call of a method reported to its `onQuery` hook as operation `call`, beside the
 * single statements: `const Monitored = withMonitoring(VerificationRepository)`. The class itself needs no code for it.
 */
export function withMonitoring<Class extends abstract new (...args: never[]) => MonitoredRepository>(
  repository: Class,
): Class {
  const Base = repository as unknown as new (...args: unknown[]) => MonitoredRepository;
  const monitored = class extends Base {};
  for (const [name, method] of methodsOf(Base.prototype as object))
    Object.defineProperty(monitored.prototype, name, {
      value: reported(name, method),
      writable: true,
      configurable: true,
    });
  Object.defineProperty(monitored, 'name', { value: repository.name });
  return monitored as unknown as Class;
}

function methodsOf(prototype: object): Map<string, Method> {
  const methods = new Map<string, Method>();
  for (
    let level: object | null = prototype;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object | null
  )
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level)))
      if (typeof value === 'function' && !NOT_REPORTED.has(name) && !methods.has(name))
        methods.set(name, value as Method);
  return methods;
}

function reported(name: string, method: Method): Method {
  return function (this: MonitoredRepository, ...args: unknown[]) {
    if (calls.getStore() === true) return method.apply(this, args);
    const result = calls.run(true, () => method.apply(this, args));
    if (!(result instanceof Promise)) return result;
    const { label } = this.table;
    return monitorQuery(this.hooks, { operation: 'call', table: label, method: name }, () => result);
  };
}
