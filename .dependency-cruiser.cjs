/** Layers from the bottom up. A package may import packages of lower layers only: those of one layer meet in `interface`. */
const LAYERS = [
  ['interface', 'spec'],
  ['wire', 'config', 'api', 'clock', 'testing'],
  ['datapath', 'measurement', 'topology', 'membership', 'ditex', 'groups', 'quarantine'],
  ['sr-policy', 'accounting'],
  ['node'],
  ['daemon', 'testbed'],
  ['cli']
]

/** The exceptions inside a layer: compliance suites drive a virtual clock. */
const WITHIN_A_LAYER = { testing: ['clock'] }

const anyOf = (names) => `^packages/(${names.join('|')})/`

/** For each package: everything that is not strictly below it is forbidden. */
const layerRules = LAYERS.flatMap((layer, height) => layer.map((name) => {
  const above = LAYERS.slice(height).flat().filter((other) => other !== name && !(WITHIN_A_LAYER[name] ?? []).includes(other))
  return {
    name: `layer-of-${name}`,
    comment: `${name} may import only what lies strictly below it`,
    severity: 'error',
    from: { path: `^packages/${name}/(src|bin)/` },
    to: { path: anyOf(above.length > 0 ? above : ['-']) }
  }
}))

module.exports = {
  forbidden: [
    ...layerRules,
    { name: 'no-circular', comment: 'a cycle has no bottom to read from', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'no-deep-import',
      comment: 'the contract of a package is what its `exports` name; relative paths go round it',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/([^/]+)/', pathNot: ['^packages/$1/', '^packages/spec/vectors/'], dependencyTypes: ['local'] }
    },
    { name: 'sources-import-no-tests', severity: 'error', from: { path: '^packages/[^/]+/src/' }, to: { path: '^(packages/[^/]+/test/|test/|scripts/)' } },
    { name: 'testing-from-tests-only', severity: 'error', from: { path: '^packages/[^/]+/src/', pathNot: '^packages/testing/' }, to: { path: '^packages/testing/' } },
    { name: 'scripts-stand-alone', comment: 'scripts run before anything is installed or built', severity: 'error', from: { path: '^scripts/(setup\\.js|workshop/)' }, to: { path: '(^packages/|^node_modules/)' } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'declared', comment: 'a package must name what it imports', severity: 'error', from: { path: '^packages/[^/]+/src/' }, to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] } }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|build)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'node', 'types', 'default'], mainFields: ['module', 'main', 'types'], extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'] }
  }
}
