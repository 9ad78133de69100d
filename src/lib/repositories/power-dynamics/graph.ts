import { setImmediate } from 'node:timers/promises';

/** A directed edge between two nodes, by their ids. */
export interface Edge {
  readonly a: string;
  readonly b: string;
}

/** A graph by position: `next[i]` are the positions that node i points to. */
export interface Graph {
  readonly ids: readonly string[];
  readonly next: readonly (readonly number[])[];
}

/** The graph of these nodes; edges to others and doubled ones are left out. */
export function createGraph(ids: readonly string[], edges: readonly Edge[]): Graph {
  const position = new Map(ids.map((id, index) => [id, index]));
  const next = ids.map(() => new Set<number>());
  for (const { a, b } of edges) {
    const [from, to] = [position.get(a), position.get(b)];
    if (from !== undefined && to !== undefined && from !== to) next[from]?.add(to);
  }
  return { ids, next: next.map((targets) => [...targets]) };
}

/** The number of groups of nodes that are connected when directions are left aside. */
export function countComponents({ ids, next }: Graph): number {
  const parent = ids.map((_, index) => index);
  const find = (node: number): number => {
    let root = node;
    while (parent[root] !== root) root = parent[root] ?? root;
    for (let at = node; at !== root;) [at, parent[at]] = [parent[at] ?? root, root];
    return root;
  };
  let components = ids.length;
  next.forEach((targets, from) => {
    for (const to of targets) {
      const [a, b] = [find(from), find(to)];
      if (a === b) continue;
      parent[a] = b;
      components--;
    }
  });
  return components;
}

/** How long betweenness computes before it lets other work have its turn. */
const TURN_MS = 20;

/**
 * How often each node lies on shortest paths between others (Brandes 2001, directed, not normalized), by position.
 * With fewer `sources` than nodes it is an estimate from evenly spread ones.
 */
export async function betweenness({ ids, next }: Graph, sources = ids.length): Promise<number[]> {
  const total = ids.length;
  const centrality = new Float64Array(total);
  const count = Math.min(sources, total);
  let turn = performance.now();
  for (let n = 0; n < count; n++) {
    accumulate(next, Math.floor((n * total) / count), centrality);
    if (performance.now() - turn < TURN_MS) continue;
    await setImmediate();
    turn = performance.now();
  }
  const scale = count === 0 ? 0 : total / count;
  return Array.from(centrality, (value) => value * scale);
}

/** One source's share: paths are counted outwards, and dependencies added up on the way back. */
function accumulate(next: Graph['next'], source: number, centrality: Float64Array): void {
  const paths = new Float64Array(next.length);
  const distance = new Int32Array(next.length).fill(-1);
  const dependency = new Float64Array(next.length);
  const order = [source];
  [paths[source], distance[source]] = [1, 0];
  for (const node of order)
    for (const target of next[node] ?? []) {
      const hops = at(distance, node) + 1;
      if (distance[target] === -1) {
        distance[target] = hops;
        order.push(target);
      }
      if (distance[target] === hops) paths[target] = at(paths, target) + at(paths, node);
    }
  for (const node of order.reverse()) {
    for (const target of next[node] ?? [])
      if (at(distance, target) === at(distance, node) + 1)
        dependency[node] =
          at(dependency, node) + (at(paths, node) / at(paths, target)) * (1 + at(dependency, target));
    if (node !== source) centrality[node] = at(centrality, node) + at(dependency, node);
  }
}

function at(values: Float64Array | Int32Array, position: number): number {
  return values[position] ?? 0;
}

const DAMPING = 0.85;
const ROUNDS = 100;
const TOLERANCE = 1e-10;

/** The chance to find a random walker at each node, by position; the chances add up to 1. */
export function pagerank({ ids, next }: Graph): number[] {
  const total = ids.length;
  let rank = new Array<number>(total).fill(1 / total);
  for (let round = 0; round < ROUNDS; round++) {
    // Whoever stands at a node that points nowhere starts again anywhere.
    const lost = rank.reduce((sum, value, node) => sum + (next[node]?.length === 0 ? value : 0), 0);
    const step = new Array<number>(total).fill((1 - DAMPING + DAMPING * lost) / total);
    next.forEach((targets, node) => {
      const share = (DAMPING * (rank[node] ?? 0)) / targets.length;
      for (const target of targets) step[target] = (step[target] ?? 0) + share;
    });
    const change = step.reduce((sum, value, node) => sum + Math.abs(value - (rank[node] ?? 0)), 0);
    rank = step;
    if (change < TOLERANCE) break;
  }
  return rank;
}
