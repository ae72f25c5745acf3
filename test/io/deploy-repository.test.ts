import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TemplateSource } from '../../src/core/plan.js';
import { type Progress, silentProgress } from '../../src/core/progress.js';
import type { TemplateIntent } from '../../src/core/template-store.js';
import { openTemplateStore } from '../../src/io/deploy-repository.js';
import { failureOf, makeRemote, openRemote, setEnvironment } from '../support/deploy-remote.js';
import { commitAll, git, makeDirectory, writeFiles } from './repository.js';

const stack = 'production/web.yml';
const template = '\uFEFFservices:\r\n  web:\r\n    image: app:1 # here\r\n  db: {image: pg:1}';

/** A stored file, every byte of it. */
function blobOf(remote: string, path: string): string {
  return execFileSync('git', ['--git-dir', remote, 'cat-file', 'blob', `main:${path}`]).toString('utf8');
}

function swap(path: string, from: string, to: string): TemplateIntent {
  const line = new RegExp(`image: (${from.split(':')[0]}:[0-9.]+)`);
  return {
    path,
    expectedImage: from,
    rewrite: (text) => text.replace(line, `image: ${to}`),
    currentImage: (text) => line.exec(text)?.[1],
    deployment: { environment: 'production', service: 'web', version: to.replace('app:', ''), image: to },
  };
}

function open(source: TemplateSource, projectRoot = makeDirectory(), progress: Progress = silentProgress) {
  return openTemplateStore(source, { projectRoot, workDirectory: makeDirectory(), progress });
}

describe('templates in a repository of their own', () => {
  it('reads the templates of a directory byte for byte, or one file', async () => {
    const { remote } = makeRemote({
      [stack]: template,
      'production/deep/app.json': '{}',
      'production/README.md': 'x',
      'production/logo.png': new Uint8Array([0xff, 0xfe, 0x00]),
      'staging/web.yml': 'a: 1\n',
    });
    const store = await openRemote(remote);
    expect(await store.read('production/')).toEqual([
      { path: 'production/deep/app.json', text: '{}' },
      { path: stack, text: template },
    ]);
    expect(await store.read(stack)).toEqual([{ path: stack, text: template }]);
    expect((await store.read('.')).length).toBe(3);
    expect((await failureOf(store.read('prod'))).code).toBe('deploy.no-template');
  });

  it('lands the change as one commit with trailers, and does nothing the second time', async () => {
    const { remote, show, log } = makeRemote({ [stack]: template, 'other.txt': 'x\n' });
    const store = await openRemote(remote);
    const landed = await store.apply(swap(stack, 'app:1', 'app:2'), silentProgress);
    const text = template.replace('app:1', 'app:2');
    const commit = git(remote, 'rev-parse', 'main');
    expect(landed).toEqual({ text, before: template, commit, record: commit });
    expect(blobOf(remote, stack)).toBe(text);
    expect(show('other.txt')).toBe('x');
    expect(log()).toEqual(['Deploy web 2 to production', 'first']);
    expect(git(remote, 'log', '-1', '--format=%B', 'main')).toBe(`Deploy web 2 to production

web goes from 1 to 2 in production/web.yml.

    was:      app:1
    is:       app:2

Slipway-Service: web
Slipway-Environment: production
Slipway-Template: production/web.yml
Slipway-Image: app:2
Slipway-Version: 2`);
    expect(git(remote, 'diff', '--stat', 'main~1', 'main')).toMatch(/production\/web.yml \| 2 \+-\n 1 file changed/);
    const again = await openRemote(remote);
    expect(await again.apply(swap(stack, 'app:1', 'app:2'), silentProgress)).toEqual({ text, before: text });
    expect(log().length).toBe(2);
  });

  it('lands five changes that are pushed at the same time', async () => {
    const files = Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`s${n}.yml`, `image: app:1 # ${n}\n`]));
    const { remote, show, log } = makeRemote(files);
    const stores = await Promise.all(Object.keys(files).map(() => openRemote(remote)));
    await Promise.all(
      stores.map((store, index) => store.apply(swap(`s${index + 1}.yml`, 'app:1', 'app:2'), silentProgress)),
    );
    expect(Object.keys(files).map(show)).toEqual([1, 2, 3, 4, 5].map((n) => `image: app:2 # ${n}`));
    expect(log().length).toBe(6);
  });

  it('makes the change again on a text that others changed elsewhere meanwhile', async () => {
    const { remote, clone, show } = makeRemote({ [stack]: template });
    const store = await openRemote(remote);
    writeFiles(clone, { [stack]: `# new\r\n${template.replace('pg:1', 'pg:2')}` });
    commitAll(clone, 'another service');
    git(clone, 'push', '-q', remote, 'main');
    await store.apply(swap(stack, 'app:1', 'app:2'), silentProgress);
    expect(show(stack)).toBe(`# new\r\n${template.replace('pg:1', 'pg:2').replace('app:1', 'app:2')}`);
  });

  it('stops when somebody set the same image to another one meanwhile', async () => {
    const { remote, clone, log } = makeRemote({ [stack]: template });
    const store = await openRemote(remote);
    writeFiles(clone, { [stack]: template.replace('app:1', 'app:9') });
    commitAll(clone, 'newer');
    git(clone, 'push', '-q', remote, 'main');
    const failure = await failureOf(store.apply(swap(stack, 'app:1', 'app:2'), silentProgress));
    expect([failure.code, failure.message]).toEqual([
      'deploy.superseded',
      `Somebody else changed ${stack} since the plan was made: it has app:9 where app:1 was`,
    ]);
    expect(log()).toEqual(['newer', 'first']);
  });

  it('goes on when somebody set the same image to the same one meanwhile', async () => {
    const { remote, clone } = makeRemote({ [stack]: template });
    const store = await openRemote(remote);
    writeFiles(clone, { [stack]: template.replace('app:1', 'app:2') });
    commitAll(clone, 'same');
    git(clone, 'push', '-q', remote, 'main');
    const text = template.replace('app:1', 'app:2');
    expect(await store.apply(swap(stack, 'app:1', 'app:2'), silentProgress)).toEqual({ text, before: text });
  });

  it('stops when the template was removed meanwhile', async () => {
    const { remote, clone } = makeRemote({ [stack]: template, 'x.txt': 'x' });
    const store = await openRemote(remote);
    git(clone, 'rm', '-q', stack);
    commitAll(clone, 'gone');
    git(clone, 'push', '-q', remote, 'main');
    expect((await failureOf(store.apply(swap(stack, 'app:1', 'app:2'), silentProgress))).code).toBe(
      'deploy.no-template',
    );
  });

  it('reads and writes the branch it is told', async () => {
    const { remote, clone } = makeRemote({ [stack]: template });
    git(clone, 'checkout', '-q', '-b', 'live/eu');
    writeFiles(clone, { [stack]: template.replace('app:1', 'app:5') });
    commitAll(clone, 'live');
    git(clone, 'push', '-q', remote, 'live/eu');
    const store = await openRemote(remote, { branch: 'live/eu' });
    await store.apply(swap(stack, 'app:5', 'app:6'), silentProgress);
    expect(git(remote, 'show', `live/eu:${stack}`)).toContain('app:6');
    expect(git(remote, 'show', `main:${stack}`)).toContain('app:1');
  });

  it('takes no byte-changing, signing or program-running setting of the user, the repository or the machine', async () => {
    const { remote, clone } = makeRemote({ [stack]: template }, '* text=auto eol=lf\n*.yml filter=boom\n');
    const hooks = makeDirectory({
      'pre-push': '#!/bin/sh\nexit 1\n',
      'post-index-change': '#!/bin/sh\nexit 1\n',
    });
    for (const name of readdirSync(hooks)) chmodSync(join(hooks, name), 0o755);
    const home = makeDirectory({
      '.gitconfig': `[commit]\n gpgsign = true\n template = /nowhere\n[core]\n autocrlf = true\n hooksPath = ${hooks}\n[filter "boom"]\n clean = false\n smudge = false\n required = true\n[init]\n templateDir = /nowhere\n[user]\n name = Some Body\n email = some@example.com\n`,
    });
    setEnvironment({ GIT_CONFIG_GLOBAL: join(home, '.gitconfig'), GIT_DIR: join(clone, '.git'), GIT_EDITOR: 'false' });
    const store = await openRemote(remote);
    expect((await store.apply(swap(stack, 'app:1', 'app:2'), silentProgress)).text).toBe(
      template.replace('app:1', 'app:2'),
    );
    expect(blobOf(remote, stack)).toBe(template.replace('app:1', 'app:2'));
    expect(git(remote, '--git-dir', remote, 'log', '-1', '--format=%an <%ae> %cn', 'main')).toBe(
      'Some Body <some@example.com> Some Body',
    );
  });

  it('commits as Slipway where git knows no author, and as the author it is told', async () => {
    setEnvironment({ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });
    const { remote } = makeRemote({ [stack]: template });
    const author = () => git(remote, 'log', '-1', '--format=%an <%ae>', 'main');
    const store = await openRemote(remote);
    await store.apply(swap(stack, 'app:1', 'app:2'), silentProgress);
    expect(author()).toBe('Slipway <slipway@localhost>');
    const told = await openTemplateStore(
      { in: 'repository', url: remote },
      {
        projectRoot: makeDirectory(),
        workDirectory: makeDirectory(),
        progress: silentProgress,
        author: { name: 'Ops', email: 'ops@example.com' },
      },
    );
    await told.apply(swap(stack, 'app:2', 'app:3'), silentProgress);
    expect(author()).toBe('Ops <ops@example.com>');
  });

  it('keeps a hostile name out of the commit message’s structure', async () => {
    const { remote } = makeRemote({ [stack]: template });
    const store = await openRemote(remote);
    const intent = swap(stack, 'app:1', 'app:2');
    await store.apply(
      {
        ...intent,
        deployment: { ...intent.deployment, service: 'web\n\nSlipway-Service: y', run: 'x\nSlipway-Pinned: true' },
      },
      silentProgress,
    );
    expect(
      git(remote, 'log', '-1', '--format=%s%n%(trailers:only,unfold)', 'main'),
    ).toBe(`Deploy web Slipway-Service: y 2 to production
Slipway-Service: web Slipway-Service: y
Slipway-Environment: production
Slipway-Template: production/web.yml
Slipway-Image: app:2
Slipway-Version: 2
Slipway-Run: x Slipway-Pinned: true`);
  });

  it('reports a repository or branch that cannot be reached, and leaves nothing behind', async () => {
    const { remote } = makeRemote({ [stack]: template });
    const workDirectory = makeDirectory();
    const sources: readonly TemplateSource[] = [
      { in: 'repository', url: join(remote, 'nowhere') },
      { in: 'repository', url: remote, branch: 'nowhere' },
      { in: 'repository', url: 'http://127.0.0.1:9/deploy.git' },
      { in: 'repository', url: '--upload-pack=touch /tmp/x' },
      { in: 'repository', url: 'ext::sh -c true' },
      { in: 'repository', url: remote, branch: '--force' },
    ];
    for (const source of sources) {
      const options = { projectRoot: makeDirectory(), workDirectory, progress: silentProgress };
      expect((await failureOf(openTemplateStore(source, options))).code).toBe('deploy.repository');
    }
    expect(readdirSync(workDirectory)).toEqual([]);
  });

  it('never shows a password', async () => {
    const failure = await failureOf(openRemote('http://me:s3cret@127.0.0.1:9/deploy.git'));
    const everything = [failure.message, failure.where, failure.remedy, ...(failure.lastLines ?? [])].join('\n');
    expect(everything).not.toContain('s3cret');
    expect(failure.where).toBe('http://127.0.0.1:9/deploy.git');
  });

  it('reports a push that the remote refuses, after a few attempts', async () => {
    const { remote, log } = makeRemote({ [stack]: template });
    const hook = join(remote, 'hooks', 'pre-receive');
    writeFiles(remote, { 'hooks/pre-receive': '#!/bin/sh\necho "no deployments on Friday" >&2\nexit 1\n' });
    chmodSync(hook, 0o755);
    const store = await openRemote(remote);
    const failure = await failureOf(store.apply(swap(stack, 'app:1', 'app:2'), silentProgress));
    expect(failure.code).toBe('deploy.repository');
    expect(failure.lastLines?.join('\n')).toContain('no deployments on Friday');
    expect(log()).toEqual(['first']);
  });

  it('resolves a relative address against the project', async () => {
    const { remote } = makeRemote({ [stack]: template });
    const store = await open({ in: 'repository', url: `./${remote.split('/').at(-1)}` }, join(remote, '..'));
    expect((await store.read('.')).length).toBe(1);
    await store.close();
  });

  it('refuses a template that is not UTF-8', async () => {
    const { remote } = makeRemote({ 'a.yml': new Uint8Array([0x61, 0x3a, 0x20, 0xff]) });
    const store = await openRemote(remote);
    expect((await failureOf(store.read('.'))).code).toBe('deploy.template-invalid');
  });
});

describe('templates in the project itself', () => {
  it('replaces the file in one step and leaves the commit to the developer', async () => {
    const root = makeDirectory({ 'deploy/web.yml': template, 'deploy/x.txt': '', 'node_modules/a.yml': '' });
    chmodSync(join(root, 'deploy/web.yml'), 0o640);
    const said: string[] = [];
    const progress = { ...silentProgress, info: (text: string) => said.push(text) };
    const store = await open({ in: 'project' }, root, progress);
    expect(await store.read('deploy')).toEqual([{ path: 'deploy/web.yml', text: template }]);
    expect(await store.read('./deploy/web.yml')).toEqual([{ path: 'deploy/web.yml', text: template }]);
    expect(await store.read('.')).toEqual([{ path: 'deploy/web.yml', text: template }]);
    const text = template.replace('app:1', 'app:2');
    expect(await store.apply(swap('deploy/web.yml', 'app:1', 'app:2'), progress)).toEqual({ text, before: template });
    expect(readFileSync(join(root, 'deploy/web.yml'), 'utf8')).toBe(text);
    expect(statSync(join(root, 'deploy/web.yml')).mode & 0o777).toBe(0o640);
    expect(readdirSync(join(root, 'deploy'))).toEqual(['web.yml', 'x.txt']);
    expect(await store.apply(swap('deploy/web.yml', 'app:1', 'app:2'), progress)).toEqual({ text, before: text });
    expect(said).toEqual([
      "deploy/web.yml has the new image; commit it: Slipway does not commit to the project's own repository",
    ]);
  });

  it('stops when somebody set the image to another one since the plan was made', async () => {
    const root = makeDirectory({ 'web.yml': 'image: app:9\n' });
    const store = await open({ in: 'project' }, root);
    expect((await failureOf(store.apply(swap('web.yml', 'app:1', 'app:2'), silentProgress))).code).toBe(
      'deploy.superseded',
    );
    expect(readFileSync(join(root, 'web.yml'), 'utf8')).toBe('image: app:9\n');
  });

  it('removes what a killed run left beside the file, and not what another is writing', async () => {
    const root = makeDirectory({
      'web.yml': 'image: app:1\n',
      '.web.yml.slipway-1.tmp': 'imag',
      '.web.yml.slipway-2.tmp': '',
    });
    utimesSync(join(root, '.web.yml.slipway-1.tmp'), 1, 1);
    const store = await open({ in: 'project' }, root);
    await store.apply(swap('web.yml', 'app:1', 'app:2'), silentProgress);
    expect(readdirSync(root)).toEqual(['.web.yml.slipway-2.tmp', 'web.yml']);
  });

  it('never writes or reads outside of the project', async () => {
    const outside = makeDirectory({ 'web.yml': 'image: app:1\n' });
    const root = makeDirectory({ 'a.yml': '' });
    symlinkSync(join(outside, 'web.yml'), join(root, 'link.yml'));
    const store = await open({ in: 'project' }, root);
    expect((await failureOf(store.read('../..'))).code).toBe('deploy.no-template');
    expect((await failureOf(store.apply(swap('link.yml', 'app:1', 'app:2'), silentProgress))).code).toBe(
      'deploy.no-template',
    );
    expect(await store.read('.')).toEqual([{ path: 'a.yml', text: '' }]);
    expect(readFileSync(join(outside, 'web.yml'), 'utf8')).toBe('image: app:1\n');
    expect((await failureOf(store.read('nowhere'))).code).toBe('deploy.no-template');
    expect(existsSync(join(root, 'nowhere'))).toBe(false);
    writeFileSync(join(root, 'bad.yml'), new Uint8Array([0xff]));
    expect((await failureOf(store.read('bad.yml'))).code).toBe('deploy.template-invalid');
  });
});
