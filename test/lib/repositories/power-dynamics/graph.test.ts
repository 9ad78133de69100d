import { expect, test } from 'vitest';
import {
  betweenness,
  countComponents,
  createGraph,
  pagerank,
  type Edge,
} from '../../../../src/lib/repositories/power-dynamics/graph.js';

/** `ab bc` -> a to b, b to c. */
const graph = (nodes: string, edges: string) =>
  createGraph(
    Array.from(nodes),
    edges.split(' ').map((edge): Edge => ({ a: edge[0] ?? '', b: edge[1] ?? '' })),
  );

test('unknown nodes, doubled edges and edges to oneself are left out', () => {
  expect(graph('abc', 'ab ab bx aa bc').next).toEqual([[1], [2], []]);
});

test('components leave directions aside', () => {
  expect(countComponents(graph('abcdef', 'ab cb de'))).toBe(3);
  expect(countComponents(graph('abc', ''))).toBe(3);
  expect(countComponents(createGraph([], []))).toBe(0);
});

test('betweenness counts the shortest paths through a node', async () => {
  expect(await betweenness(graph('abc', 'ab bc'))).toEqual([0, 1, 0]);
  // Two shortest paths from a to d: b and c have half of one each.
  expect(await betweenness(graph('abcd', 'ab ac bd cd'))).toEqual([0, 0.5, 0.5, 0]);
  // A star both ways: every one of the 3 x 2 paths between leaves goes through the middle.
  expect(await betweenness(graph('mabc', 'ma am mb bm mc cm'))).toEqual([6, 0, 0, 0]);
  expect(await betweenness(createGraph([], []))).toEqual([]);
});

test('betweenness from some sources estimates that from all', async () => {
  const ids = Array.from({ length: 60 }, (_, n) => `n${n}`);
  const ring = ids.map((id, n) => ({ a: id, b: ids[(n + 1) % 60] ?? '' }));
  const exact = await betweenness(createGraph(ids, ring));
  const estimate = await betweenness(createGraph(ids, ring), 20);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  expect(sum(estimate)).toBeCloseTo(sum(exact), 6);
});

test('pagerank adds up to one and favours who is pointed at', () => {
  const ranks = pagerank(graph('abcd', 'ad bd cd da'));
  expect(ranks.reduce((sum, rank) => sum + rank, 0)).toBeCloseTo(1, 9);
  expect(Math.max(...ranks)).toBe(ranks[3]);
  expect(pagerank(graph('ab', 'ab ba'))).toEqual([0.5, 0.5]);
});
