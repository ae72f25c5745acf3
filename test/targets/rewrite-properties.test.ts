import fc from 'fast-check';
import { parse as parseJsonc } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { TemplateFormat } from '../../src/core/target.js';
import { helmTemplate } from '../../src/targets/helm/template.js';
import { kubernetesTemplate } from '../../src/targets/kubernetes/template.js';
import { kustomizeTemplate } from '../../src/targets/kustomize/template.js';
import { marathonTemplate } from '../../src/targets/marathon/template.js';
import { swarmTemplate } from '../../src/targets/swarm/template.js';
import { type Data, writeJson, writeYaml } from './random-text.js';

const oldImage = 'registry.example.com/team/app:1.0.0';
const newImage = `registry.example.com/team/app:2.0.0@sha256:${'ab'.repeat(32)}`;

const word = fc.constantFrom(
  'a',
  'web-1',
  'it is',
  "it's",
  '"q"',
  'true',
  '12',
  '',
  'x: y',
  '#c',
  'é',
  '- a',
  '{b}',
  'a\\b',
);
const key = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
const anything: fc.Arbitrary<Data> = fc.letrec<{ any: Data }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2 },
    word,
    fc.constantFrom(0, 1, 200, 0.5, -3),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(key, fc.constant('image')), tie('any'), { maxKeys: 3 }),
  ),
})).any;
const variables = fc.dictionary(fc.stringMatching(/^[A-Z]{1,4}$/), word, { maxKeys: 3 });
const names = fc.uniqueArray(key, { minLength: 1, maxLength: 4 });

/** What is set, and how the data are with it: told apart from how the target does it. */
interface Edit {
  readonly path: string;
  readonly value: string;
  readonly apply: (service: Record<string, Data>) => Data;
}

/** A target's documents of some services, and where a service's data are in them. */
interface Shape {
  readonly format: TemplateFormat;
  readonly path: string;
  readonly documents: (services: readonly (readonly [string, Record<string, Data>])[]) => readonly Data[];
  readonly service: fc.Arbitrary<Record<string, Data>>;
  readonly id: (name: string) => string;
  readonly edits: readonly Edit[];
}

type Container = { readonly docker: { readonly [key: string]: Data } };

function pods(services: readonly (readonly [string, Record<string, Data>])[]): readonly Data[] {
  return services.map(([name, container]) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { template: { spec: { containers: [{ name: 'main', ...container }] } } },
  }));
}

function withNamed(list: Data | undefined, name: string, value: string): Data {
  const items = (list ?? []) as readonly { readonly name: string }[];
  const has = items.some((item) => item.name === name);
  return has ? items.map((item) => (item.name === name ? { ...item, value } : item)) : [...items, { name, value }];
}

function withKey(map: Data | undefined, name: string, value: Data): Data {
  return { ...((map ?? {}) as Record<string, Data>), [name]: value };
}

const container = fc.record({
  image: fc.constant<Data>(oldImage),
  env: variables.map((map): Data => Object.entries(map).map(([name, value]) => ({ name, value }))),
  args: fc.array(word, { maxLength: 2 }),
  lifecycle: anything,
});
const containerEdits: readonly Edit[] = [
  { path: 'image', value: newImage, apply: (service) => ({ ...service, image: newImage }) },
  {
    path: 'env.NEW',
    value: 'yes: 1',
    apply: (service) => ({ ...service, env: withNamed(service.env, 'NEW', 'yes: 1') }),
  },
  { path: 'env.A', value: '12', apply: (service) => ({ ...service, env: withNamed(service.env, 'A', '12') }) },
  { path: 'memory', value: '1Gi', apply: (service) => ({ ...service, resources: { limits: { memory: '1Gi' } } }) },
  { path: 'args', value: '["a","true"]', apply: (service) => ({ ...service, args: ['a', 'true'] }) },
];

const shapes: readonly Shape[] = [
  {
    format: swarmTemplate,
    path: 'stack.yml',
    documents: (services) => [
      { version: '3.8', services: Object.fromEntries(services), networks: { web: { external: true } } },
    ],
    service: fc.record({
      image: fc.constant<Data>(oldImage),
      environment: fc.oneof(
        variables,
        variables.map((map): Data => Object.entries(map).map(([name, value]) => `${name}=${value}`)),
      ),
      'x-any': anything,
    }),
    id: (name) => name,
    edits: [
      { path: 'image', value: newImage, apply: (service) => ({ ...service, image: newImage }) },
      { path: 'instances', value: '3', apply: (service) => ({ ...service, deploy: { replicas: 3 } }) },
      { path: 'labels.a.b', value: 'true', apply: (service) => ({ ...service, labels: { 'a.b': 'true' } }) },
      { path: 'networks', value: '["web"]', apply: (service) => ({ ...service, networks: ['web'] }) },
      {
        path: 'env.A',
        value: 'x=1 #',
        apply(service) {
          const { environment } = service;
          if (!Array.isArray(environment)) return { ...service, environment: withKey(environment, 'A', 'x=1 #') };
          const has = environment.some((each) => String(each).startsWith('A='));
          const changed = environment.map((each) => (String(each).startsWith('A=') ? 'A=x=1 #' : each));
          return { ...service, environment: has ? changed : [...environment, 'A=x=1 #'] };
        },
      },
    ],
  },
  {
    format: marathonTemplate,
    path: 'apps.json',
    documents: (services) => [{ id: '/g', apps: services.map(([name, service]) => ({ id: name, ...service })) }],
    service: fc.record({
      container: anything.map((any): Data => ({ docker: { any, image: oldImage } })),
      env: variables,
      instances: fc.constantFrom(1, 200),
      any: anything,
    }),
    id: (name) => `/g/${name}`,
    edits: [
      {
        path: 'image',
        value: newImage,
        apply: (service) => ({
          ...service,
          container: { docker: { ...(service.container as Container).docker, image: newImage } },
        }),
      },
      { path: 'instances', value: '7', apply: (service) => ({ ...service, instances: 7 }) },
      { path: 'mem', value: '64.5', apply: (service) => ({ ...service, mem: 64.5 }) },
      { path: 'env.A', value: '"', apply: (service) => ({ ...service, env: withKey(service.env, 'A', '"') }) },
      {
        path: 'networks',
        value: '[{"mode":"host"}]',
        apply: (service) => ({ ...service, networks: [{ mode: 'host' }] }),
      },
    ],
  },
  {
    format: kubernetesTemplate,
    path: 'web.yaml',
    documents: pods,
    service: container,
    id: (name) => name,
    edits: containerEdits,
  },
  {
    format: kubernetesTemplate,
    path: 'web.json',
    documents: (services) => [{ apiVersion: 'v1', kind: 'List', items: pods(services) }],
    service: container,
    id: (name) => `Deployment/${name}`,
    edits: containerEdits,
  },
  {
    format: helmTemplate,
    path: 'values.yaml',
    documents: (services) => [{ ...Object.fromEntries(services), global: { domain: 'example.com' } }],
    service: fc.record({
      replicaCount: fc.constant<Data>(1),
      image: fc.constant<Data>({ repository: 'registry.example.com/team/app', tag: '1.10', digest: '' }),
      env: variables.filter((map) => Object.keys(map).length > 0),
    }),
    id: (name) => `${name}.image`,
    edits: [
      {
        path: 'image',
        value: 'registry.example.com/team/app:1.20',
        apply: (service) => ({ ...service, image: withKey(service.image, 'tag', '1.20') }),
      },
      { path: 'instances', value: '3', apply: (service) => ({ ...service, replicaCount: 3 }) },
      { path: 'env.A', value: 'no', apply: (service) => ({ ...service, env: withKey(service.env, 'A', 'no') }) },
    ],
  },
  {
    format: kustomizeTemplate,
    path: 'kustomization.yaml',
    documents: (services) => [
      { resources: ['../base'], images: services.map(([name, service]) => ({ name, ...service })) },
    ],
    service: fc.record({ newTag: fc.constantFrom<Data>('1.0.0', '1.10') }),
    id: (name) => name,
    edits: [{ path: 'newTag', value: '1.20', apply: (service) => ({ ...service, newTag: '1.20' }) }],
  },
];

function readBack(path: string, text: string): unknown {
  if (path.endsWith('.json')) return [parseJsonc(text.replace(/^\uFEFF/, ''))];
  return parseAllDocuments(text, { uniqueKeys: true }).map((document) => document.toJS());
}

describe('rewriting a random template', () => {
  for (const shape of shapes) {
    it(`changes one value of one service and no other byte: ${shape.format.name}, ${shape.path}`, () => {
      const input = fc.record({
        services: names.chain((all) => fc.tuple(...all.map((name) => fc.tuple(fc.constant(name), shape.service)))),
        seed: fc.integer(),
        target: fc.nat(),
        edit: fc.constantFrom(...shape.edits),
      });
      fc.assert(
        fc.property(input, ({ services, seed, target, edit }) => {
          const chosen = target % services.length;
          const name = services[chosen]?.[0] ?? '';
          const wanted = services.map(
            ([each, data], index) => [each, index === chosen ? edit.apply(data) : data] as const,
          );
          const write = (documents: readonly Data[]): string =>
            shape.path.endsWith('.json') ? writeJson(documents[0] ?? null, seed) : writeYaml(documents, seed);
          const before = write(shape.documents(services));
          const { text, changes } = shape.format.rewrite(shape.path, before, shape.id(name), [edit]);
          expect(readBack(shape.path, text)).toEqual(shape.documents(wanted as typeof services));
          const { removed, around } = differenceOf(before, text);
          expect(around).toBe(before.length - removed.length);
          // A comment may stand between what was added: the comma before it, the member behind it.
          const moved = removed.includes('//') && text.includes(removed) ? '' : removed;
          expect(changes.flatMap((change) => change.before ?? []).join('')).toContain(moved);
          expect(shape.format.rewrite(shape.path, text, shape.id(name), [edit])).toEqual({ text, changes: [] });
        }),
        { numRuns: 150 },
      );
    });
  }
});

/** What is gone between the longest common beginning and the longest common end. */
function differenceOf(before: string, after: string): { readonly removed: string; readonly around: number } {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { removed: before.slice(start, before.length - end), around: start + end };
}
