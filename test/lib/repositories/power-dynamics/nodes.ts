import type { PowerDynamicsRepository, PowerNode } from '../../../../src/lib/repositories/index.js';

let made = 0;

/** Nodes nobody has made before, each with this power. */
export async function createNodes(
  repository: PowerDynamicsRepository,
  total: number,
  initialPower = '0',
): Promise<PowerNode[]> {
  const nodes: PowerNode[] = [];
  for (let n = 0; n < total; n++)
    nodes.push(await repository.createNode({ nodeKey: `node-${++made}`, kind: 'agent' }, { initialPower }));
  return nodes;
}

/** The ids of as many new nodes, by letters: `const { a, b } = await createNamed(repository, 'ab')`. */
export async function createNamed(
  repository: PowerDynamicsRepository,
  letters: string,
  initialPower?: string,
): Promise<Record<string, string>> {
  const nodes = await createNodes(repository, letters.length, initialPower);
  return Object.fromEntries(Array.from(letters).map((letter, n) => [letter, nodes[n]?.id ?? '']));
}
