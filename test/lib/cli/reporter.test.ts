import { describe, expect, test } from 'vitest';
import { Reporter, type ReporterOptions } from '../../../src/lib/cli/reporter.js';
import { BkDbError } from '../../../src/lib/core/errors.js';

class Collected {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 20;
  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }
  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

function reporter(options: Partial<ReporterOptions> = {}, terminal = false) {
  const stdout = new Collected(terminal);
  const stderr = new Collected(terminal);
  const made = new Reporter({
    command: 'backup list',
    json: false,
    quiet: false,
    verbose: false,
    noColor: true,
    logFormat: 'text',
    env: {},
    stdout,
    stderr,
    ...options,
  });
  return { made, stdout, stderr };
}

function sayEverything(made: Reporter): void {
  made.data('data');
  made.summary('summary');
  made.note('note');
  made.detail('detail');
  made.warn('careful');
  made.success({ n: 1 }, 0);
}

const ERROR = new BkDbError('NOT_FOUND', 'no backup \u001b[2Jx', {
  hint: 'List them.',
  details: { detail: 'why', stderr: ['one', 'two'] },
  cause: new Error('cause'),
});

describe('success', () => {
  test('human: data on stdout, what is said about it on stderr', () => {
    const { made, stdout, stderr } = reporter();
    sayEverything(made);
    expect([stdout.text, stderr.text]).toEqual(['data\nsummary\n', 'note\nwarning: careful\n']);
  });

  test('--quiet leaves data and warnings', () => {
    const { made, stdout, stderr } = reporter({ quiet: true });
    sayEverything(made);
    expect([stdout.text, stderr.text]).toEqual(['data\n', 'warning: careful\n']);
  });

  test('--verbose adds details', () => {
    const { made, stderr } = reporter({ verbose: true });
    sayEverything(made);
    expect(stderr.text).toBe('note\ndetail\nwarning: careful\n');
  });

  test('--json: one document, with the warnings in it', () => {
    const { made, stdout, stderr } = reporter({ json: true });
    sayEverything(made);
    expect(JSON.parse(stdout.text)).toEqual({
      ok: true,
      command: 'backup list',
      data: { n: 1 },
      warnings: ['careful'],
    });
    expect(stderr.text).toContain('warning: careful');
  });

  test('--json: a status other than 0 is in the document; no data is null', () => {
    const { made, stdout } = reporter({ json: true });
    made.success(undefined, 4);
    expect(JSON.parse(stdout.text)).toMatchObject({ ok: true, data: null, exitStatus: 4 });
  });

  test('--log-format json: every line of stderr is an object', () => {
    const { made, stdout, stderr } = reporter({ logFormat: 'json', verbose: true });
    sayEverything(made);
    const lines = stderr.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ level, message, command }) => [level, message, command])).toEqual([
      ['info', 'note', 'backup list'],
      ['debug', 'detail', 'backup list'],
      ['warning', 'careful', 'backup list'],
    ]);
    for (const { time } of lines) expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(stdout.text).toBe('data\nsummary\n');
  });
});

describe('failure', () => {
  test('human: message, detail, the tool’s words and the hint, on stderr, with nothing that moves the cursor', () => {
    const { made, stdout, stderr } = reporter();
    made.failure(ERROR);
    expect(stdout.text).toBe('');
    expect(stderr.text).toBe('error: no backup \ufffd[2Jx\ndetail: why\n  one\n  two\nhint: List them.\n');
  });

  test('--verbose shows the cause', () => {
    const { made, stderr } = reporter({ verbose: true });
    made.failure(ERROR);
    expect(stderr.text).toContain('Error: cause');
  });

  test('--json: the envelope', () => {
    const { made, stdout, stderr } = reporter({ json: true });
    made.failure(ERROR);
    expect(stderr.text).toBe('');
    expect(JSON.parse(stdout.text)).toEqual({
      ok: false,
      command: 'backup list',
      error: {
        code: 'NOT_FOUND',
        message: 'no backup \u001b[2Jx',
        hint: 'List them.',
        exitStatus: 15,
        details: { detail: 'why', stderr: ['one', 'two'] },
      },
    });
  });

  test('--log-format json', () => {
    const { made, stderr } = reporter({ logFormat: 'json' });
    made.failure(ERROR);
    expect(JSON.parse(stderr.text)).toMatchObject({ level: 'error', code: 'NOT_FOUND', hint: 'List them.' });
  });
});

describe('progress', () => {
  const event = { phase: 'dumping', done: 512, total: 1024, unit: 'bytes' } as const;

  test('in a pipe nothing before ten seconds are over; with --quiet nothing at all', () => {
    const { made, stderr } = reporter();
    made.progress(event);
    expect(stderr.text).toBe('');
  });

  test('on a terminal a line that is cut to its width and cleared by the next word', async () => {
    const { made, stderr } = reporter({}, true);
    await new Promise((resolve) => setTimeout(resolve, 120));
    made.progress(event);
    expect(stderr.text).toBe('\r\u001b[Kdumping: 512 B of 1');
    made.note('note');
    expect(stderr.text.endsWith('\r\u001b[Knote\n')).toBe(true);
  });

  test('with --log-format json no cursor is moved', async () => {
    const { made, stderr } = reporter({ logFormat: 'json' }, true);
    await new Promise((resolve) => setTimeout(resolve, 120));
    made.progress(event);
    expect(stderr.text).toBe('');
  });
});
