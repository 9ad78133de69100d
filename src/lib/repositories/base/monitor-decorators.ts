import { monitorQuery, monitorTransaction, type QueryHooks, type QueryLabels } from './monitor.js';

/** What a decorated method reports to: every repository has it. */
export interface Monitored {
  readonly hooks: QueryHooks;
}

type AsyncMethod<This, Args extends unknown[], Result> = (this: This, ...args: Args) => Promise<Result>;

/**
 * Decorator (TC39, not the older experimental kind): each call of the method is reported as one query under its name.
 * Where the toolchain does not know decorators, call `monitorQuery` inside the method instead.
 */
export function monitoredQuery(labels: Omit<QueryLabels, 'method'>) {
  return <This extends Monitored, Args extends unknown[], Result>(
    method: AsyncMethod<This, Args, Result>,
    context: ClassMethodDecoratorContext<This, AsyncMethod<This, Args, Result>>,
  ): AsyncMethod<This, Args, Result> => {
    const name = String(context.name);
    return function (this: This, ...args: Args) {
      return monitorQuery(this.hooks, { ...labels, method: name }, () => method.apply(this, args));
    };
  };
}

/** Decorator (TC39): each call of the method is reported as one transaction. */
export function monitoredTransaction<This extends Monitored, Args extends unknown[], Result>(
  method: AsyncMethod<This, Args, Result>,
): AsyncMethod<This, Args, Result> {
  return function (this: This, ...args: Args) {
    return monitorTransaction(this.hooks, () => method.apply(this, args));
  };
}
