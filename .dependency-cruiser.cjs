/** Who may import whom (docs/ARCHITECTURE.md). `test/architecture.test.ts` runs this and fails when it looked at too few modules. */
const ours = (...folders) => `^src/(${folders.join('|')})/`;
const node = { dependencyTypes: ['core'] };

/** A rule: modules in `from` may import, of ours, only `to` (and their own folder). */
function onlyImports(from, to) {
  return {
    name: `${from}-imports-only-${to.join('-') || 'nobody'}`,
    severity: 'error',
    from: { path: ours(from) },
    to: { path: '^src/', pathNot: ours(from, ...to) },
  };
}

function noNode(from) {
  return { name: `${from}-is-pure`, severity: 'error', from: { path: ours(from) }, to: node };
}

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    onlyImports('core', []),
    onlyImports('formats', ['core']),
    onlyImports('jvm', ['core', 'formats']),
    onlyImports('projects', ['core', 'formats', 'jvm']),
    onlyImports('versions', ['core', 'formats', 'jvm']),
    onlyImports('dockerfile', ['core', 'formats']),
    onlyImports('settings', ['core', 'formats']),
    onlyImports('plan', ['core', 'settings', 'versions', 'dockerfile']),
    onlyImports('check', ['core']),
    onlyImports('run', ['core']),
    onlyImports('releases', ['core', 'formats', 'versions']),
    onlyImports('targets', ['core', 'formats']),
    onlyImports('registry', ['core', 'formats']),
    onlyImports('sbom', ['core', 'formats']),
    onlyImports('supply-chain', ['core', 'formats', 'sbom']),
    onlyImports('engines', ['core', 'formats', 'registry']),
    onlyImports('io', ['core', 'formats']),
    onlyImports('action', ['cli', 'core', 'io']),
    ...['core', 'formats', 'jvm', 'projects', 'versions', 'dockerfile', 'plan', 'check', 'run', 'releases', 'sbom'].map(
      noNode,
    ),
    {
      name: 'a-target-is-rewritten-purely',
      severity: 'error',
      from: { path: '^src/targets/[^/]+/(template|declare|.*-document)\\.ts$' },
      to: node,
    },
    {
      name: 'kinds-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/projects/([^/]+)/' },
      to: { path: '^src/projects/([^/]+)/', pathNot: '^src/projects/$1/' },
    },
    {
      name: 'targets-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/targets/([^/]+)/' },
      to: { path: '^src/targets/([^/]+)/', pathNot: '^src/targets/$1/' },
    },
    {
      name: 'nobody-imports-a-composition-root',
      severity: 'error',
      from: { path: '^src/', pathNot: ours('cli', 'action') },
      to: { path: ours('cli', 'action') },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
