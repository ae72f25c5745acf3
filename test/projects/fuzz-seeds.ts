import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../src/core/failure.js';
import { openSourceTree } from '../../src/io/source-tree.js';
import { detectProject } from '../../src/projects/detect-project.js';
import { kinds } from '../../src/projects/index.js';

/** A project that a fuzz test begins with. */
interface Seed {
  readonly name: string;
  /** A folder of `fixtures/projects`, or files in their place. */
  readonly files: string | Readonly<Record<string, string>>;
}

/** A project on the disk, and those of its files that are to be fuzzed. */
export interface Target {
  readonly name: string;
  readonly directory: string;
  /** Files that detection reads, relative. */
  readonly files: readonly string[];
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

/** Projects whose detection reads what few fixtures have, then every fixture. */
const seeds: readonly Seed[] = [
  {
    name: 'gradle-catalog',
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
  {
    name: 'maven-modules',
    files: {
      'pom.xml': pom(
        `<parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>3.4.0</version></parent>
  <artifactId>shop</artifactId><packaging>pom</packaging><modules><module>app</module></modules>
  <properties><java.version>21</java.version></properties>`,
      ),
      'app/pom.xml': pom(
        `<parent><groupId>x</groupId><artifactId>shop</artifactId><version>1</version></parent><artifactId>app</artifactId>
  <dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies>
  <build><plugins><plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build>`,
      ),
      'app/src/main/java/a/App.java': '@SpringBootApplication\npublic class App { static void main(String[] a) {} }\n',
      'app/src/main/resources/application.yaml': 'server:\n  port: 9000\n',
      'app/src/main/resources/application.properties': 'server.port=${PORT:8081}\n',
      mvnw: '#!/bin/sh\n',
      '.mvn/wrapper/maven-wrapper.properties': 'distributionUrl=https\\://example.com/apache-maven-3.9.9-bin.zip\n',
      '.mvn/maven.config': '-Pprod\n',
      '.mvn/jvm.config': '-Xmx1g\n',
      '.mvn/toolchains.xml': '<toolchains><toolchain><type>jdk</type></toolchain></toolchains>\n',
      '.java-version': '21\n',
      'slipway.yml': 'java:\n  module: app\n',
    },
  },
  {
    name: 'gradle-kotlin',
    files: {
      'settings.gradle.kts':
        'pluginManagement { includeBuild("build-logic") }\nrootProject.name = "shop"\ninclude(":app")\n',
      'build.gradle.kts': 'plugins { id("org.springframework.boot") version "3.4.0" apply false }\n',
      'app/build.gradle.kts':
        'plugins { id("shop.app") }\ndependencies { implementation("org.springframework.boot:spring-boot-starter-web") }\n',
      'build-logic/build.gradle.kts': 'plugins { `kotlin-dsl` }\n',
      'build-logic/settings.gradle.kts': 'rootProject.name = "build-logic"\n',
      'build-logic/src/main/kotlin/shop.app.gradle.kts':
        'plugins { id("org.springframework.boot") }\njava { toolchain { languageVersion.set(JavaLanguageVersion.of(21)) } }\n',
      'buildSrc/build.gradle': "plugins { id 'groovy-gradle-plugin' }\n",
      'buildSrc/src/main/groovy/shop.java.gradle': "plugins { id 'java' }\n",
      gradlew: '#!/bin/sh\n',
      'gradle/wrapper/gradle-wrapper.properties': 'distributionUrl=https\\://example.com/gradle-8.10-bin.zip\n',
      'app/src/main/kotlin/App.kt': '@SpringBootApplication\nclass App\nfun main() {}\n',
    },
  },
  {
    name: 'angular',
    files: {
      'package.json': JSON.stringify({
        name: 'site',
        scripts: { build: 'ng build', start: 'ng serve' },
        dependencies: { '@angular/core': '^19' },
        devDependencies: { '@angular/cli': '^19' },
      }),
      'angular.json': JSON.stringify({
        projects: {
          site: { architect: { build: { builder: 'x:application', options: { outputPath: 'dist/site' } } } },
        },
      }),
      'yarn.lock': '# yarn lockfile v1\n\n\na@1:\n  version "1.0.0"\n',
      '.yarnrc': '--install.frozen-lockfile true\n',
      'tsconfig.json': '{"extends": "./tsconfig.base.json"}',
      'tsconfig.base.json': '{"compilerOptions": {"outDir": "dist"}}',
    },
  },
  ...['next', 'vite', 'svelte', 'astro', 'nuxt', 'vue', 'remix', 'react-router'].map((name) => ({
    name: `config-of-${name}`,
    files: {
      'package.json': JSON.stringify({
        name: 'site',
        type: 'module',
        scripts: { build: `${name} build` },
        dependencies: { ...frameworkPackages(name) },
      }),
      [`${name}.config.js`]: "export default { output: 'standalone', outDir: 'out', adapter: node() };\n",
      [`${name}.config.ts`]: "export default { output: 'standalone', outDir: 'out' };\n",
      '.npmrc': 'registry=https://example.com/\n//example.com/:_authToken=${NPM_TOKEN}\n',
      'bun.lock': '{ "lockfileVersion": 1 }\n',
    },
  })),
  {
    name: 'yarn-berry-nx',
    files: {
      'package.json': JSON.stringify({
        name: 'shop',
        workspaces: { packages: ['apps/*'] },
        packageManager: 'yarn@4.5.0',
        volta: { node: '22.1.0' },
      }),
      'yarn.lock': '__metadata:\n  version: 8\n',
      '.yarnrc.yml': 'nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.5.0.cjs\n',
      'nx.json': '{}',
      'turbo.json': '{"tasks": {"build": {"dependsOn": ["^build"]}}}',
      'lerna.json': '{"packages": ["apps/*"]}',
      'apps/api/package.json': JSON.stringify({ name: 'api', main: 'server.js', dependencies: { express: '5' } }),
      'apps/api/project.json': '{"name": "api"}',
      'apps/api/nest-cli.json': '{"sourceRoot": "src"}',
      'apps/api/server.js': "require('express')().listen(3000);\n",
    },
  },
  {
    name: 'go-vendored',
    files: {
      'go.mod': 'module example.com/svc\n\ngo 1.24\n\nrequire example.com/lib v1.0.0\n',
      'go.sum': 'example.com/lib v1.0.0 h1:x\n',
      'vendor/modules.txt': '# example.com/lib v1.0.0\n## explicit\nexample.com/lib\n',
      'vendor/example.com/lib/lib.go': 'package lib\n',
      '.go-version': '1.24.1\n',
      'main.go':
        'package main\n\nimport (\n\t"net/http"\n\n\t_ "example.com/lib"\n)\n\n//go:embed static\nvar port = ":8080"\n\nfunc main() { http.ListenAndServe(port, nil) }\n',
    },
  },
  ...readdirSync('fixtures/projects').map((name) => ({ name, files: name })),
];

/** `SLIPWAY_FUZZ=all`: every file of every fixture. */
const isWhole = process.env.SLIPWAY_FUZZ === 'all';

/**
 * Write the projects below a directory, those first that bring a format no earlier one had: a file format is fuzzed
 * once, however many fixtures have it, unless all are asked for.
 */
export function writeTargets(directory: string): readonly Target[] {
  const known = new Set<string>();
  return seeds.flatMap((seed) => {
    const place = join(directory, seed.name);
    const files = writeSeed(seed, place).filter((file) => isWhole || !known.has(formatOf(file)));
    for (const file of files) known.add(formatOf(file));
    return files.length === 0 ? [] : [{ name: seed.name, directory: place, files }];
  });
}

/** Write a seed's project. Returns the files that its detection reads. */
function writeSeed(seed: Seed, directory: string): readonly string[] {
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

/** A manifest's format is its name; a source's, its ending. */
function formatOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const isSource = /\.(java|kt|groovy|go|[cm]?[jt]sx?)$/.test(name) && !name.includes('.config.');
  return isSource || name.endsWith('.gradle') || name.endsWith('.gradle.kts') ? name.replace(/^.*?(\.|$)/, '$1') : name;
}

function filesReadIn(directory: string): readonly string[] {
  const tree = openSourceTree(directory);
  const asked = new Set<string>(['slipway.yml']);
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
    if (!(error instanceof Failure)) throw error;
  }
  return [...asked].filter((path) => existsSync(join(directory, path))).sort();
}

function pom(content: string): string {
  return `<?xml version="1.0"?>\n<project xmlns="http://maven.apache.org/POM/4.0.0">\n  <groupId>x</groupId><version>1</version>\n  ${content}\n</project>\n`;
}

function frameworkPackages(name: string): Readonly<Record<string, string>> {
  const packages: Readonly<Record<string, readonly string[]>> = {
    svelte: ['@sveltejs/kit', '@sveltejs/adapter-node'],
    vue: ['@vue/cli-service'],
    remix: ['@remix-run/node', '@remix-run/serve'],
    'react-router': ['@react-router/node', '@react-router/serve'],
  };
  return Object.fromEntries((packages[name] ?? [name]).map((dependency) => [dependency, '*']));
}
