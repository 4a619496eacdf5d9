// The import rules of the project: which folder may know which. `docs/architecture.md` draws them.
const domain = [
  'watch',
  'process',
  'gateway',
  'proxy',
  'upstream',
  'supervisor',
  'control',
  'observe',
  'sdk',
  'scaffold',
];

/** A folder under src may import the given folders and itself; everything else under src is forbidden. */
const folder = (name, may) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment: `src/${name} may import only: ${[name, ...may].join(', ')}`,
  from: { path: `^src/${name}/` },
  to: {
    path: '^src/',
    pathNot: [name, ...may].map((one) => (one.includes('/') ? `^src/${one}` : `^src/${one}/`)),
  },
});

/** A dependency has one owner folder (or two, where the reason is given). */
const owner = (dependency, owners) => ({
  name: `owner-of-${dependency.replaceAll(/[^a-z-]/g, '-')}`,
  severity: 'error',
  comment: `only ${owners.join(' and ')} may import ${dependency}`,
  from: { path: '^src/', pathNot: owners.map((one) => `^src/${one}/`) },
  to: { path: `node_modules/${dependency}/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared-dependencies',
      severity: 'error',
      comment: 'src may import only what package.json lists under dependencies',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    folder('core', []),
    folder('config', ['core']),
    folder('protocol', ['core']),
    ...domain.map((name) =>
      folder(name, ['core', 'config/types\\.ts$', 'protocol', ...(name === 'sdk' ? ['watch'] : [])]),
    ),
    folder('dev', ['core', 'config', 'protocol', ...domain]),
    folder('check', ['core', 'config', 'protocol', ...domain, 'dev']),
    folder('doctor', ['core', 'config', 'protocol', ...domain, 'dev']),
    owner('commander', ['cli']),
    owner('@clack/prompts', ['cli']),
    owner('execa', ['process']),
    owner('chokidar', ['watch']),
    owner('ignore', ['watch']),
    owner('ajv', ['gateway']),
    owner('ajv-formats', ['gateway']),
    owner('@grpc/grpc-js', ['protocol']),
    owner('@bufbuild/protobuf', ['protocol']),
    owner('kleur', ['observe']),
    owner('ora', ['observe']),
    owner('xmlbuilder2', ['check']),
    owner('cosmiconfig', ['config']),
    // The control API and its client read what comes over the wire with it, and describe it by the same schemas.
    owner('zod', ['config', 'control']),
    owner('hono', ['control']),
    owner('@hono/node-server', ['control']),
    owner('prom-client', ['observe']),
    owner('jiti', ['config']),
    owner('jsonc-parser', ['config']),
    owner('smol-toml', ['config']),
    owner('string-argv', ['config']),
    owner('fastest-levenshtein', ['config']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
