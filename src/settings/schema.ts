import { z } from 'zod';
import { versionTemplateExpects, versionTemplatePattern } from '../core/version-template.js';
import {
  address,
  argv,
  choice,
  count,
  duration,
  flag,
  hostPath,
  image,
  mount,
  version as numbered,
  paths,
  port,
  projectPath,
  text,
  words,
} from './leaves.js';

const word = /^\S+$/;
const major = /^[1-9]\d*$/;
const branchName = /^[^\s-]\S*$/;

const registryHost = /^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$/i;
const hosts = "a list of hosts such as ['registry.example.com:5000'], each as images name it";

const registrySettings = z.strictObject({
  'plain-http': words(
    'Registries that speak HTTP without TLS: only these, and this machine itself, are asked in clear text.',
    registryHost,
    hosts,
  ).optional(),
  'skip-tls-verify': words('Registries whose certificate is not proved.', registryHost, hosts).optional(),
  ca: hostPath(
    "File of certificates (PEM) of the authorities that registries' certificates are proved against, beside those of this machine.",
  ).optional(),
});

const pushSettings = z.strictObject({
  by: choice(
    ['engine', 'slipway'],
    'Who sends the image: `engine` as `docker push` does it, `slipway` itself, which needs the engine to reach or trust no registry.',
  ).optional(),
  when: choice(
    ['auto', 'always'],
    'Whether the runs of forks and merge queues push: `auto` leaves them at building and trying the image.',
  ).optional(),
});

const imageSettings = z.strictObject({
  registry: text(
    'Registry, and where needed the path in it, that images are pushed to: `registry.example.com/team`.',
    /^[^\s/:][^\s/]*(\/[^\s/]+)*$/,
    'a host with an optional port and path, without https://',
  ).optional(),
  repository: text(
    'The whole name of the image, where it is not `<registry>/<name>`.',
    word,
    'the name of a repository',
  ).optional(),
  'also-push': words(
    'Further registries, and where needed the path in them, that the image is pushed to, as `<registry>/<name>`.',
    /^[^\s/:,][^\s/,]*(\/[^\s/,]+)*$/,
    "a list such as ['registry.example.org/team'], of hosts with an optional port and path, without https://",
  ).optional(),
  platform: text(
    'What the image runs on.',
    /^[a-z0-9]+\/[a-z0-9]+(\/v\d+)?$/,
    'os/arch, such as linux/amd64',
  ).optional(),
  base: image('The image that the artifacts are packed on.').optional(),
  pins: choice(
    ['use', 'require', 'ignore'],
    'What is made of the digests that `slipway pin` wrote: they are used where there are any, an image without one is refused, or all are ignored.',
  ).optional(),
});

const mounts = z.strictObject({
  npmrc: mount('`~/.npmrc`, for npm, pnpm and yarn.').optional(),
  'maven-settings': mount('`~/.m2/settings.xml`, for Maven.').optional(),
  netrc: mount('`~/.netrc`, for Go modules and git.').optional(),
  'go-env': mount("Go's own environment file: `GOPROXY`, `GOPRIVATE`, `GONOSUMDB` and the like.").optional(),
  'gradle-properties': mount('`~/.gradle/gradle.properties`, for Gradle.').optional(),
  ca: mount("The host's bundle of certificate authorities, for registries behind a company's own.").optional(),
});

const buildSettings = z.strictObject({
  image: image('The image of the builder, instead of the one that the kind and its version give.').optional(),
  dockerfile: projectPath("A Dockerfile of the project's own that makes the builder.").optional(),
  timeout: duration('Longest time the build may take.').optional(),
  transfer: choice(
    ['auto', 'mount', 'stream'],
    'How sources and outputs reach the builder: `auto` finds out whether the engine sees this disk.',
  ).optional(),
  mounts: mounts
    .optional()
    .describe('Client settings of this host that the build may read. They never enter an image, a log or the plan.'),
});

const trySettings = z.strictObject({
  enabled: flag('Whether the image is started once before it is pushed.').optional(),
  timeout: duration('Longest time until the started image answers.').optional(),
  path: text('HTTP path that is asked, where it is not `health`.', /^\/\S*$/, 'a path that starts with /').optional(),
  port: port('Port that is asked, where it is not `port`.').optional(),
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), text('Value of the variable.', /^/))
    .optional()
    .describe('Environment variables of the tried container, by name. Never secrets: the plan holds them.'),
});

const java = z.strictObject({
  version: numbered('Major version of Java.', major, 'a major version, such as 21').optional(),
  'build-tool': choice(['maven', 'gradle'], 'The build tool, where there are files of both.').optional(),
  wrapper: flag('Whether the project brings a Maven or Gradle wrapper that works.').optional(),
  module: projectPath('Directory of the module that is the service, in a build of several.').optional(),
  main: text(
    'The class that starts a runnable jar, where its manifest does not tell.',
    /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/,
    'the full name of a class, such as com.example.Main',
  ).optional(),
  artifact: projectPath(
    'The runnable jar that the build leaves, or the name of the start script, where there are several.',
  ).optional(),
  arguments: argv('Arguments that the program is started with.').optional(),
  profiles: argv(
    'Maven profiles that are active in the build, with a `!` those that are not: `[prod]` as in `mvn -Pprod`.',
  ).optional(),
  cds: flag(
    'Whether the image gets an archive of loaded classes (CDS, from Java 25 on an AOT cache), made by starting the application once while it is packed.',
  ).optional(),
});

const springBoot = z.strictObject({
  release: text(
    'Release of Spring Boot, where the build files do not tell: it decides the lowest Java and the Gradle that builds.',
    /^\d+\.\d+(\.\d+)?$/,
    'a release such as 3.5.1',
  ).optional(),
});

const node = z.strictObject({
  version: numbered('Major version of Node.', major, 'a major version, such as 22').optional(),
  'package-manager': choice(['npm', 'yarn', 'pnpm', 'bun'], 'The package manager.').optional(),
  workspace: projectPath('Directory of the workspace member that is the service.').optional(),
  start: argv('The command that starts the service.').optional(),
  build: text(
    'The script of `package.json` that builds the service.',
    /^[^\s-]\S*$/,
    'the name of a script',
  ).optional(),
  init: flag('Whether an init is process 1, which passes SIGTERM on to a service that does not handle it.').optional(),
  'host-variable': text(
    'The variable that the service reads its address from: the image sets it to 0.0.0.0.',
    /^[A-Za-z_]\w*$/,
    'the name of a variable',
  ).optional(),
});

const go = z.strictObject({
  version: numbered('Version of Go.', /^[1-9]\d*\.\d+(\.\d+)?$/, 'a version such as 1.24').optional(),
  main: projectPath('Path of the main package: `./cmd/server`.').optional(),
  cgo: flag('Whether the build needs a C compiler.').optional(),
  args: argv('What the program is started with: the command of a program that has several.').optional(),
});

const version = z.strictObject({
  'tag-prefix': text(
    'What stands before the version in git tags: `accounts/` for `accounts/v1.2.3`.',
    word,
    'a text without spaces',
  ).optional(),
  scheme: choice(
    ['semver', 'calver', 'file', 'template', 'commit', 'timestamp', 'build-number'],
    'How commits without a release tag are named.',
  ).optional(),
  template: text(
    'The name of such commits, of parts in braces: `{base}-{branch}.{distance}`. It chooses the scheme `template`.',
    versionTemplatePattern,
    versionTemplateExpects,
  ).optional(),
  file: projectPath('The file that states the version, where the scheme is `file` and there are several.').optional(),
  paths: paths(
    "Only commits that touched these paths of the repository, or the project's own directory, are counted.",
  ).optional(),
  ci: choice(
    ['auto', 'none'],
    'Whether the CI is asked what run this is: `none`, where another commit or repository than its own is built.',
  ).optional(),
  moving: choice(
    ['forward', 'force', 'never'],
    'Whether the moving tags (`latest`, `1`, `1.2`) are moved when an image is pushed: only to what is newer, from whoever has them, or not at all.',
  ).optional(),
  'branch-tag': flag("Whether a branch's newest build has the branch's name as a moving tag, too: `dev`.").optional(),
  withdrawn: words(
    'Releases that must not have a moving tag: the next release takes it from them, though it is lower.',
    /^\d+\.\d+\.\d+$/,
    "a list of releases such as ['2.0.0']",
  ).optional(),
});

const retention = z.strictObject({
  keep: count('How many of the newest releases stay.', 0).optional(),
  'keep-prereleases': count(
    'How many of the newest other images stay: pre-releases, builds of branches and pull requests.',
    0,
  ).optional(),
  'keep-lines': count(
    'For how many of the highest minor lines the tag (`1.2`) keeps its image. Without it, for all.',
    0,
  ).optional(),
  'keep-days': count('An image whose commit is younger than so many days stays.', 0).optional(),
  protect: words(
    'Images that have one of these tags stay; `*` stands for any characters.',
    /^[A-Za-z0-9_.*-]+$/,
    "a list of tags such as ['1.*', 'stable']",
  ).optional(),
});

const publishing = ['push', 'pull-request'] as const;

const environment = z.strictObject({
  target: text(
    'The format and orchestrator, where the templates do not tell: `swarm`, `marathon`, `haproxy`, `kubernetes`, `kustomize`, `helm`.',
    /^[a-z0-9-]+$/,
    'the name of a target',
  ).optional(),
  path: projectPath('The deploy template, or the directory with the templates.').optional(),
  service: text("The service's id in the template, where its image does not tell.").optional(),
  services: words(
    'The services that get the same release, where there are several: they are rolled out one after another in this order, all or none.',
    /^[^\s,]+$/,
    "a list such as ['web', 'worker']",
  ).optional(),
  stack: text('Name of the Swarm stack.', /^[a-z0-9][a-z0-9_-]*$/, 'a name of a–z, 0–9, _ and -').optional(),
  url: address("The orchestrator's address.").optional(),
  nodes: count('How many machines the environment has, for `slipway check`.').optional(),
  'node-cpus': numbered('Processors of one machine.', /^\d+(\.\d+)?$/, 'a number such as 8').optional(),
  'node-memory': text(
    'Memory of one machine, in powers of 1024.',
    /^\d+(\.\d+)?[kmgt]i?b?$/i,
    'a size such as 16g',
  ).optional(),
  context: text("Context of the kubeconfig; without it the kubeconfig's own.").optional(),
  namespace: text(
    "Kubernetes namespace of what names none itself; without it the context's.",
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    'the name of a namespace',
  ).optional(),
  apply: choice(
    ['server', 'gitops'],
    'Who brings the template to the cluster: Slipway by server-side apply, or a controller that follows the repository.',
  ).optional(),
  repository: address("The templates' git repository, where it is not `deploy.repository`.").optional(),
  branch: text(
    "The templates' branch, where it is not `deploy.branch`.",
    branchName,
    'the name of a branch',
  ).optional(),
  publish: choice(
    publishing,
    'How a change of the templates is published, where it is not `deploy.publish`.',
  ).optional(),
  timeout: duration('Longest time a rollout may take, where it is not `deploy.timeout`.').optional(),
  set: z
    .record(
      z.string().regex(/^[A-Za-z_][^\s=]*$/),
      numbered(
        "Value that the service gets beside its image, by its path in the service: `instances`, `env.LOG_LEVEL`. A list or map as JSON. `{version}`, `{revision}`, `{run}` and `{digest}` are the release's. Never secrets.",
        /^/,
        'a text or a number',
      ),
    )
    .optional()
    .describe('Values that the service gets beside its image, by path.'),
  force: flag(
    'Whether what somebody else holds is taken over: a deployment that locks the app (Marathon), fields that another manager owns (Kubernetes).',
  ).optional(),
  rollback: choice(
    ['auto', 'never'],
    'What becomes of a rollout that failed, where it is not `deploy.rollback`.',
  ).optional(),
  'verify-url': address(
    "A URL of the service's own that must answer with a status of 2xx after the rollout.",
  ).optional(),
  'verify-body': text(
    'A text that this answer must hold; `{version}`, `{revision}` and `{digest}` are those of the release.',
  ).optional(),
  'verify-timeout': duration('How long that is asked for, at most. Default: 60 s.').optional(),
  group: flag("Whether the template's whole group is rolled out, not the service alone (Marathon).").optional(),
  agents: numbered(
    'How many agents the service may run on, where fixed host ports are checked against them (Marathon).',
    /^[1-9]\d{0,5}$/,
    'a number from 1 on',
  ).optional(),
});

const deploy = z.strictObject({
  environment: text(
    'The environment that is deployed to when none is named.',
    /^[a-z0-9][a-z0-9_-]*$/i,
    'the name of an environment',
  ).optional(),
  repository: address('Git repository of the deploy templates; without it they are in the project.').optional(),
  branch: text(
    "Branch of the templates' repository; without it the repository's own default.",
    branchName,
    'the name of a branch',
  ).optional(),
  publish: choice(
    publishing,
    'How a change of the templates is published in their repository: pushed to the branch, or on a branch of its own that a person merges; then nothing is rolled out.',
  ).optional(),
  sign: flag(
    "Whether commits of the templates' repository are signed, with the key that git is configured to sign with.",
  ).optional(),
  author: text(
    "Author and committer in the templates' repository, where it is not whom git is configured for.",
    /^[^\s<>][^<>\r\n]* <[^\s<>]+>$/,
    'a name and an address: Name <mail@example.com>',
  ).optional(),
  timeout: duration('Longest time a rollout may take.').optional(),
  rollback: choice(
    ['auto', 'never'],
    'What becomes of a rollout that failed: `auto` puts back what was before, on the orchestrator and in git.',
  ).optional(),
  environments: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9_-]*$/i), environment)
    .optional()
    .describe('The environments, by name.'),
});

const supplyChain = z.strictObject({
  sbom: flag('Whether a list of what is in the image (CycloneDX) is attached to it in the registry.').optional(),
  provenance: flag('Whether it is attached how the image was built (SLSA provenance).').optional(),
  require: flag(
    'Whether the push fails where a document cannot be made or the registry refuses it; otherwise that is a warning.',
  ).optional(),
});

const sign = z.strictObject({
  key: text(
    'File of the private key (PEM) that images are signed with. `SLIPWAY_SIGN_KEY` may also hold the key itself; its passphrase is in `SLIPWAY_SIGN_PASSWORD`.',
    /^(?!-)[^\r\n]+$/,
    'the path of a file',
  ).optional(),
  with: choice(
    ['auto', 'slipway', 'cosign'],
    'What signs: Slipway itself, in the form of cosign, or the program cosign; `auto` is Slipway where there is a key, and nobody otherwise.',
  ).optional(),
});

/** What `slipway.yml` may hold: every key is optional, none other is allowed. */
export const settingsSchema = z.strictObject({
  name: text(
    "The project's name: its image and service are called so.",
    /^(?=.{1,63}$)[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*$/,
    'a name of a–z and 0–9, with . _ - between them, of at most 63 characters',
  ).optional(),
  kind: text(
    'What the project is, where more than one kind would fit: `go`, `java`, `node`, `spring-boot`.',
    /^[a-z0-9-]+$/,
    'the name of a kind',
  ).optional(),
  image: imageSettings.optional().describe('The runtime image.'),
  registry: registrySettings.optional().describe('How registries are reached.'),
  push: pushSettings.optional().describe('The push of the image.'),
  build: buildSettings.optional().describe('The build in the builder container.'),
  try: trySettings.optional().describe('The one start of the image before it is pushed.'),
  port: port('Port the service listens on.').optional(),
  health: text('HTTP path that answers when the service is well.', /^\/\S*$/, 'a path that starts with /').optional(),
  java: java.optional().describe('Java projects.'),
  'spring-boot': springBoot.optional().describe('Spring Boot itself.'),
  node: node.optional().describe('Node projects.'),
  go: go.optional().describe('Go projects.'),
  version: version.optional().describe('Versions, which come from git.'),
  retention: retention.optional().describe('What `slipway prune` leaves in the registry.'),
  templates: text(
    "Templates of a company: a path or an npm package with `<kind>/Dockerfile.ejs`. The project's own in `.slipway/templates` come first; `none` for Slipway's own alone.",
    /^(?![~\s-])(?:\.\.\/)*(?!(?:.*\/)?\.\.(?:\/|$))[^\\]+$/,
    'a path such as ./ci/templates, a package such as @company/slipway-templates, or none',
  ).optional(),
  'supply-chain': supplyChain.optional().describe('Documents that are attached to the pushed image.'),
  sign: sign.optional().describe('Signatures of the pushed image.'),
  deploy: deploy.optional().describe('Deployments.'),
});

/** One layer of settings: a file's, the environment's, the flags'. Times are seconds, commands are lists. */
export type SettingsLayer = z.output<typeof settingsSchema>;
