import type { RunTool, Tool } from './process.js';

/**
 * Makes the function that ties a tool's life to this process: with util-linux's setpriv in front, the kernel ends
 * the tool when this process dies, even by kill -9. Where there is no such setpriv tools are left as they are.
 */
export async function tieToParent(runTool: RunTool): Promise<(tool: Tool) => Tool> {
  const prefix = ['--pdeathsig', 'TERM', '--'];
  const works =
    process.platform === 'linux' &&
    (await runTool({ command: 'setpriv', args: [...prefix, 'true'] }).then(
      () => true,
      () => false,
    ));
  if (!works) return (tool) => tool;
  return (tool) => ({
    ...tool,
    name: tool.name ?? tool.command.split('/').at(-1) ?? tool.command,
    command: 'setpriv',
    args: [...prefix, tool.command, ...tool.args],
  });
}
