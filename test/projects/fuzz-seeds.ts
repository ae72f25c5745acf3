import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../src/core/failure.js';
import { openSourceTree } from '../../src/io/source-tree.js';
import { detectProject } from '../../src/projects/detect-project.js';
import { kinds } from '../../src/projects/index.js';

/** A project that a fuzz test begins with. */
export interface Seed {
  readonly name: string;
  readonly kind: string;
  /** A folder of `fixtures/projects`, or files in their place. */
  readonly files: string | Readonly<Record<string, string>>;
}

const gradle = `plugins {
    id 'java'
    alias(libs.plugins.boot)
}
def port = 1
java { toolchain { languageVersion = JavaLanguageVersion.of(libs.versions.java.get()) } }
dependencies {
    implementation 'org.springframework.boot:spring-boot-starter-web'
    implementation("org.springframework.boot:spring-boot-starter-actuator")
}
`;

const workspace = {
  name: 'shop',
  private: true,
  packageManager: 'pnpm@9.12.0',
  devEngines: { runtime: [{ name: 'node', version: '>=22' }] },
  scripts: { build: 'turbo run build', prepare: 'husky' },
};

const member = {
  name: '@shop/api',
  main: 'dist/main.js',
  scripts: { start: 'NODE_ENV=production node --enable-source-maps dist/main', build: 'nest build' },
  dependencies: { '@nestjs/core': '^10', '@shop/core': 'workspace:*' },
};

/** Every fixture, and projects whose detection reads what the fixtures do not have. */
export const seeds: readonly Seed[] = [
  ...readdirSync('fixtures/projects').map((name) => ({ name, kind: kindOf(name), files: name })),
  {
    name: 'gradle-catalog',
    kind: 'spring-boot',
    files: {
      'settings.gradle': "rootProject.name = 'quotes'\ninclude 'app'\n",
      'build.gradle': '',
      'app/build.gradle': gradle,
      'gradle.properties': 'version=1.0.0\n',
      'gradle/libs.versions.toml':
        '[versions]\njava = "21"\nboot = "3.4.0"\n[plugins]\nboot = { id = "org.springframework.boot", version.ref = "boot" }\n',
      'app/src/main/java/a/App.java': '@SpringBootApplication\npublic class App { static void main(String[] a) {} }\n',
      'app/src/main/resources/application.yml':
        'server:\n  port: 9000\nmanagement:\n  endpoints:\n    web:\n      base-path: /m\n',
      '.sdkmanrc': 'java=21.0.2-tem\n',
      '.tool-versions': 'java temurin-21.0.2\n',
      'mise.toml': '[tools]\njava = "21"\n',
      'system.properties': 'java.runtime.version=21\n',
    },
  },
  {
    name: 'pnpm-workspace',
    kind: 'node',
    files: {
      'package.json': JSON.stringify(workspace, null, 2),
      'pnpm-workspace.yaml': 'packages:\n  - apps/*\n  - packages/*\n',
      'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
      'apps/api/package.json': JSON.stringify(member, null, 2),
      'apps/api/tsconfig.json': '{ // TypeScript\n  "compilerOptions": { "outDir": "dist", "rootDir": "src" },\n}\n',
      'apps/api/src/main.ts':
        "import { x } from './x.js';\nawait app.listen(process.env.PORT ?? 4000);\napp.get('/healthz', x);\n",
      'apps/api/src/x.ts': 'export const x = 1;\n',
      'packages/core/package.json': '{ "name": "@shop/core" }\n',
      '.nvmrc': 'lts/jod\n',
      '.node-version': '22\n',
      '.tool-versions': 'nodejs 22.1.0\n',
      'mise.toml': '[tools]\nnode = { version = "22" }\n',
    },
  },
  {
    name: 'go-workspace',
    kind: 'go',
    files: {
      'go.work': 'go 1.24\n\nuse (\n\t./api\n\t./lib\n)\n',
      'api/go.mod':
        'module example.com/api\n\ngo 1.24\n\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ../lib\n',
      'api/cmd/api/main.go':
        'package main\n\nimport (\n\t"net/http"\n\n\t"example.com/lib"\n)\n\nvar version = "dev"\n\nfunc main() {\n\thttp.HandleFunc("/health", lib.Ok)\n\thttp.ListenAndServe(":8081", nil)\n}\n',
      'lib/go.mod': 'module example.com/lib\n\ngo 1.24\n',
      'lib/lib.go':
        '//go:build linux\n\npackage lib\n\nimport "net/http"\n\nfunc Ok(w http.ResponseWriter, r *http.Request) {}\n',
    },
  },
];

/** Write a seed's project; the files that its detection reads. */
export function makeFixtureFiles(seed: Seed, directory: string): readonly string[] {
  if (typeof seed.files === 'string') {
    cpSync(join('fixtures/projects', seed.files), directory, { recursive: true });
  } else {
    for (const [path, text] of Object.entries(seed.files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
  }
  return filesReadIn(directory);
}

function filesReadIn(directory: string): readonly string[] {
  const tree = openSourceTree(directory);
  const asked = new Set<string>();
  const noted = {
    ...tree,
    read: (path: string) => {
      asked.add(path);
      return tree.read(path);
    },
  };
  try {
    detectProject(noted, kinds, { hints: {} });
  } catch (error) {
    // A fixture may be one that is refused, or that needs the choice of its own settings.
    if (!(error instanceof Failure)) throw error;
  }
  return [...asked].filter((path) => existsSync(join(directory, path))).sort();
}

/** A fixture is named after its kind, or the first word of it. */
function kindOf(fixture: string): string {
  const kind = kinds.find(({ name }) => fixture.startsWith(`${name}-`) || fixture.startsWith(`${name.split('-')[0]}-`));
  if (!kind) throw new Error(`the fixture ${fixture} is of no kind`);
  return kind.name;
}
