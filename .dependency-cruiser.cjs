/** Who may import whom (ARCHITECTURE.md, "Layers"). */
const features = [
  'server',
  'migrate',
  'maintain',
  'seed',
  'init',
  'backup',
  'restore',
  'csv',
  'schedule',
  'doctor',
  'grants',
  'offsite',
  'health',
  'metrics',
  'query-metrics',
  'repositories',
  'diff',
];

/** The features whose faces a feature may use, beside core. */
const allowed = {
  server: [],
  migrate: [],
  maintain: [],
  seed: ['migrate'],
  init: ['migrate', 'maintain', 'seed', 'backup'],
  backup: ['migrate', 'csv'],
  restore: ['backup', 'migrate', 'csv'],
  csv: [],
  schedule: [],
  doctor: [],
  grants: [],
  offsite: ['backup'],
  health: ['backup', 'migrate'],
  metrics: ['health'],
  'query-metrics': ['repositories'],
  repositories: [],
  diff: ['migrate', 'backup'],
};

const featureRules = features.flatMap((feature) => [
  {
    name: `${feature}-uses-only-its-neighbours`,
    severity: 'error',
    from: { path: `^src/lib/${feature}/` },
    to: {
      path: '^src/lib/(?!core/)',
      pathNot: [`^src/lib/${feature}/`, ...allowed[feature].map((other) => `^src/lib/${other}/index\\.ts$`)],
    },
  },
]);

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['^src/(commands|hooks)/', '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'core-knows-nobody',
      severity: 'error',
      from: { path: '^src/lib/core/' },
      to: { path: '^src/(?!lib/core/)' },
    },
    {
      name: 'core-knows-no-oclif',
      severity: 'error',
      from: { path: '^src/lib/(?!cli/)' },
      to: { path: 'node_modules/@oclif' },
    },
    {
      name: 'nobody-imports-commands',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/commands/' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'commands-use-the-face-of-a-feature',
      severity: 'error',
      from: { path: '^src/commands/' },
      to: { path: '^src/lib/(?!core/|cli/)[^/]+/', pathNot: '^src/lib/[^/]+/(index|types)\\.ts$' },
    },
    {
      name: 'cli-sees-types-only',
      comment: 'context.ts alone may reach the embedded server',
      severity: 'error',
      from: { path: '^src/lib/cli/', pathNot: '^src/lib/cli/context\\.ts$' },
      to: { path: '^src/lib/(?!core/|cli/)', dependencyTypesNot: ['type-only'] },
    },
    ...featureRules,
    {
      name: 'one-door-to-processes',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/lib/core/process\\.ts$' },
      to: { path: '(node_modules/execa|^(node:)?child_process$)' },
    },
    {
      name: 'one-door-to-postgres',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/lib/core/database\\.ts$' },
      to: { path: 'node_modules/postgres/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'ink-stays-in-the-dashboard',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/lib/cli/dashboard/' },
      to: { path: 'node_modules/(ink|react)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
