/** Chooses from a seed, always the same way. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** At least 0, less than `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}

/** What confuses those who cut SQL at semicolons. */
const HOSTILE = [
  ';',
  "''",
  '--',
  '/*',
  '*/',
  '$$',
  '$a$',
  '"',
  '\\',
  'é',
  '💥',
  '\n',
  ' ',
  'begin atomic',
  'end',
  '(',
  ')',
  '\\.',
  'x',
  '$1',
  "E'",
  '\r',
  '\t',
  '@-',
  '1',
  '_',
  'copy t from stdin;',
  '-- migrate:down',
  '\u00a0',
] as const;

function garbage(chance: Chance, without: RegExp): string {
  const pieces = Array.from({ length: chance.below(6) }, () => chance.of(HOSTILE));
  return pieces.filter((piece) => !without.test(piece)).join('');
}

const LITERALS: readonly [(chance: Chance) => string, ...((chance: Chance) => string)[]] = [
  (chance) => `'${garbage(chance, /^E'$/)}'`,
  (chance) => `e'${garbage(chance, /[\\']/)}\\'${garbage(chance, /[\\']/)}\\\\'`,
  (chance) =>
    `E'a'${chance.of(['\n', ' \n', '\n\n  ', ' -- c;\n', '\r'])}'b\\'; ${garbage(chance, /[\\']/)}'`,
  (chance) => `'a'\n'b${garbage(chance, /'/)}'`,
  (chance) => `U&'d\\0061t;${garbage(chance, /[\\']/)}'`,
  (chance) => `$$${garbage(chance, /\$/)}$$`,
  (chance) => `$tag_1$${garbage(chance, /never/)}; $tag_2$ $tag$tag_1$`,
  (chance) => `$é$${garbage(chance, /never/)}$é$`,
  () => "b'101' ",
  () => "X'1F' ",
  () => "n'a;b'",
  () => '0x1F',
  () => '1_000.5e-3',
  () => '.5',
  () => '$1',
  (chance) => `"${garbage(chance, /"/)}a"`,
  (chance) => `U&"d\\0061;${garbage(chance, /["\\]/)}"`,
  () => 'a$b$c',
  () => 'é',
  () => '(select 1)',
  () => "case when true then 'end;' else 'b' end",
];

const SPACE: readonly [(chance: Chance) => string, ...((chance: Chance) => string)[]] = [
  () => ' ',
  () => '\n',
  () => '\t\f\v ',
  (chance) => ` --${garbage(chance, /[\n\r]/)}${chance.of(['\n', '\r', '\r\n'])}`,
  (chance) => ` /*${garbage(chance, /\*/)}*/ `,
  (chance) => ` /**/*/ /* /* ; */ ${garbage(chance, /\*/)} **/ `.replace('/**/*/', '/***/'),
];

const literal = (chance: Chance) => chance.of(LITERALS)(chance);
const space = (chance: Chance) => chance.of(SPACE)(chance);

/** An expression: literals, with operators that begin like comments do. */
function expression(chance: Chance): string {
  const operator = chance.of(['+', '-', '||', '<', '*', '@-', '%', '->>', '#>', '/']);
  const rest = chance.below(3) === 0 ? `${space(chance)}${operator}${space(chance)}${literal(chance)}` : '';
  return `${literal(chance)}${rest}`;
}

const STATEMENTS: readonly [(chance: Chance) => string, ...((chance: Chance) => string)[]] = [
  (chance) => `select${space(chance)}${expression(chance)}`,
  (chance) =>
    `select${space(chance)}${expression(chance)} as "a;${garbage(chance, /"/)}",${space(chance)}t.end from t`,
  (chance) => `insert into t values (${expression(chance)},${space(chance)}${expression(chance)})`,
  (chance) => `do${space(chance)}$do$ begin perform 1; ${garbage(chance, /\$/)} end $do$`,
  (chance) =>
    `create or replace function f()${space(chance)}returns int begin${space(chance)}atomic select ${expression(chance)};${space(chance)}select case when a then 1 end as end; end`,
  (chance) =>
    `create procedure p() language sql begin atomic insert into t values (${expression(chance)}); end`,
  (chance) => `create function f() returns int language sql as $f$ select 1; ${garbage(chance, /\$/)} $f$`,
  (chance) =>
    `create rule r as on insert to t do also (delete from a;${space(chance)}insert into b values (${expression(chance)}))`,
  () => 'begin',
  () => 'commit and no chain',
  () => 'copy t (a, "from") to stdout',
  (chance) => `comment on table "t;" is '${garbage(chance, /^E'$/)}'`,
];

/** A script that PostgreSQL's grammar takes, or nearly always takes. */
export function generateScript(chance: Chance): string {
  const count = chance.below(6);
  let script = chance.below(3) === 0 ? space(chance) : '';
  for (let at = 0; at < count; at++) {
    const end = at === count - 1 ? chance.of([';', '']) : chance.of([';', ';', ';;', ' ; ;']);
    script += `${chance.of(STATEMENTS)(chance)}${chance.below(2) === 0 ? space(chance) : ''}${end}${space(chance)}`;
  }
  return script;
}

/** Pieces of SQL in any order, most of them no SQL together; quotes may stay open. */
export function generateTokens(chance: Chance): string {
  return Array.from({ length: 1 + chance.below(12) }, () => {
    const kind = chance.below(4);
    if (kind === 0) return chance.of(HOSTILE);
    if (kind === 1) return space(chance);
    return kind === 2 ? literal(chance) : `${literal(chance)} `;
  }).join('');
}
