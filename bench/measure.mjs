// Times of several subjects, taken in turns in one run, so that the load of the machine falls on all of them alike.
import { cpus, loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';

/** Load only ever adds time: on a machine that is busy already the fastest tenth tells more than the median. */
export const statistic = loadavg()[0] > cpus().length ? 'fastest tenth' : 'median';
const fraction = statistic === 'median' ? 0.5 : 0.1;

/**
 * The time of each subject's calls in ms, by the statistic. Each round gives every subject `block` calls, in an order drawn
 * anew, because what ran just before leaves its marks on caches; the first fifth of the rounds warms up. `prepare` runs before each
 * call and is not timed.
 */
export async function takeTurns(subjects, { rounds, block = 1, prepare = () => undefined }) {
  const names = Object.keys(subjects);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  const warmUp = Math.ceil(rounds / 5);
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of shuffle(names)) {
      for (let call = 0; call < block; call++) {
        await prepare();
        const start = performance.now();
        await subjects[name]();
        if (round >= 0) times[name].push(performance.now() - start);
      }
    }
  }
  return Object.fromEntries(names.map((name) => [name, quantile(times[name])]));
}

function shuffle(names) {
  const rest = [...names];
  return names.map(() => rest.splice(Math.floor(Math.random() * rest.length), 1)[0]);
}

function quantile(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * fraction)];
}
