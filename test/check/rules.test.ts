import { describe, expect, it } from 'vitest';
import type { Capacity } from '../../src/check/finding.js';
import { checkEnvironment, rules } from '../../src/check/rules.js';
import { templateReaders } from '../../src/targets/index.js';

type Files = Readonly<Record<string, string>>;

/** `rule severity path:line` of every finding in an environment of real templates. */
function check(files: Files, capacity: Capacity = {}): readonly string[] {
  return findingsIn(files, capacity).map(({ rule, severity, where }) => `${rule} ${severity} ${where}`);
}

function findingsIn(files: Files, capacity: Capacity = {}) {
  const services = Object.entries(files).flatMap(([path, text]) => {
    for (const reader of templateReaders) {
      const found = reader.declare(path, text);
      if (found) return found;
    }
    throw new Error(`no target knows ${path}`);
  });
  return checkEnvironment({ services, capacity });
}

const digest = `@sha256:${'1'.repeat(64)}`;
const stack = (service: string, more = '') =>
  `services:\n  web:\n    image: team/web:1.0.0${digest}\n${service}\n${more}`;
const app = (id: string, more: object = {}) =>
  JSON.stringify({ id, instances: 2, container: { docker: { image: `team/app:1.0.0${digest}` } }, ...more });
const host = (port: number) => ({ portMappings: [{ containerPort: 80, hostPort: port }] });

/** What each rule finds, and the nearest thing that it must not find. */
const cases: Readonly<
  Record<string, readonly { says: string; files: Files; capacity?: Capacity; finds: readonly string[] }[]>
> = {
  refused: [
    {
      says: 'a key that the rollout does not carry out',
      files: { 'a.yml': stack('    privileged: true') },
      finds: ['refused error a.yml:3'],
    },
    {
      says: 'a variable of the deploying shell',
      files: { 'a.yml': stack('    hostname: $HOST') },
      finds: ['refused error a.yml:3'],
    },
    { says: 'nothing in a plain stack', files: { 'a.yml': stack('    init: true') }, finds: [] },
  ],
  'port-conflict': [
    {
      says: 'one service port in two files',
      files: {
        'a.json': app('/a', { portDefinitions: [{ port: 10001 }] }),
        'b.json': app('/b', { portDefinitions: [{ port: 10001 }] }),
      },
      finds: ['port-conflict error b.json:1'],
    },
    {
      says: 'one port of the ingress network, written in two ways',
      files: {
        'a.yml': stack('    ports: ["8080:80"]'),
        'b.yml': stack('    ports: [{target: 90, published: 8080}]'),
      },
      finds: ['port-conflict error b.yml:4'],
    },
    {
      says: 'a doubt where one host port is wanted more often than nodes are known',
      files: {
        'a.yml': stack('    ports: [{target: 80, published: 80, mode: host}]'),
        'b.json': app('/b', {
          container: { docker: { image: 'x:1.0.0' }, ...host(80) },
          instances: 1,
          upgradeStrategy: { minimumHealthCapacity: 0 },
        }),
      },
      finds: ['port-conflict warning b.json:1'],
    },
    {
      says: 'nothing where there are nodes enough for every instance',
      files: {
        'a.yml': stack('    ports: [{target: 80, published: 80, mode: host}]'),
        'b.json': app('/b', {
          container: { docker: { image: 'x:1.0.0' }, ...host(80) },
          instances: 1,
          upgradeStrategy: { minimumHealthCapacity: 0 },
        }),
      },
      capacity: { nodes: 2 },
      finds: [],
    },
    {
      says: 'nothing between tcp and udp, and any port is no port',
      files: {
        'a.yml': stack('    ports: ["53:53/udp"]'),
        'b.yml': stack('    ports: ["53:53/tcp"]'),
        'c.json': app('/c', { portDefinitions: [{ port: 0 }] }),
        'd.json': app('/d', { portDefinitions: [{ port: 0 }] }),
      },
      finds: [],
    },
  ],
  'update-never-starts': [
    {
      says: 'a start-first update on a fixed port without a node to spare',
      files: {
        'a.yml': stack(
          '    ports: [{target: 80, published: 80, mode: host}]\n    deploy: {replicas: 2, update_config: {order: start-first}}',
        ),
      },
      capacity: { nodes: 2 },
      finds: ['update-never-starts error a.yml:5'],
    },
    {
      says: 'a doubt where the number of nodes is not declared',
      files: { 'a.json': app('/a', { container: { docker: { image: 'x:1.0.0' }, ...host(80) } }) },
      finds: ['update-never-starts warning a.json:1'],
    },
    {
      says: 'nothing with a node to spare, and nothing where an old one stops first',
      files: {
        'a.json': app('/a', { container: { docker: { image: 'x:1.0.0' }, ...host(80) } }),
        'b.json': app('/b', {
          container: { docker: { image: 'x:1.0.0' }, ...host(81) },
          upgradeStrategy: { minimumHealthCapacity: 0.5 },
        }),
      },
      capacity: { nodes: 3 },
      finds: [],
    },
    {
      says: 'what stop-first leaves room for',
      files: { 'a.yml': stack('    ports: [{target: 80, published: 80, mode: host}]\n    deploy: {replicas: 2}') },
      capacity: { nodes: 2 },
      finds: [],
    },
  ],
  'single-instance': [
    {
      says: 'one instance that must stay well, as Marathon has it by default',
      files: { 'a.json': app('/a', { instances: 1 }) },
      finds: ['single-instance warning a.json:1'],
    },
    {
      says: 'the smallest share above nothing, which Marathon rounds up',
      files: { 'a.json': app('/a', { instances: 1, upgradeStrategy: { minimumHealthCapacity: 0.1 } }) },
      finds: ['single-instance warning a.json:1'],
    },
    {
      says: 'nothing where it may stop first',
      files: {
        'a.json': app('/a', { instances: 1, upgradeStrategy: { minimumHealthCapacity: 0 } }),
        'b.yml': stack('    init: true'),
      },
      finds: [],
    },
  ],
  capacity: [
    {
      says: 'more memory in all than the nodes have',
      files: { 'a.json': app('/a', { mem: 1500 }), 'b.json': app('/b', { mem: 1500 }) },
      capacity: { nodes: 2, memory: 2 * 1024 ** 3 },
      finds: ['capacity error a.json:1'],
    },
    {
      says: 'an instance that fits no node',
      files: { 'a.json': app('/a', { cpus: 5 }) },
      capacity: { cpus: 4 },
      finds: ['capacity error a.json:1'],
    },
    {
      says: 'a service on every node once for each',
      files: {
        'a.yml': stack('    deploy: {mode: global, resources: {reservations: {memory: 1G}}}'),
        'b.yml': stack('    deploy: {replicas: 1, resources: {reservations: {memory: 1G}}}'),
      },
      capacity: { nodes: 3, memory: 1024 ** 3 },
      finds: ['capacity error a.yml:3'],
    },
    {
      says: 'nothing at exactly what there is',
      files: { 'a.json': app('/a', { mem: 2048, cpus: 1 }) },
      capacity: { nodes: 2, memory: 2 * 1024 ** 3, cpus: 1 },
      finds: [],
    },
  ],
  'missing-reference': [
    {
      says: 'a network and a volume that nothing declares, and looks at the rest of the service all the same',
      files: { 'a.yml': stack('    networks: [back]\n    volumes: ["data:/data", "/etc/x:/x"]\n    privileged: true') },
      finds: ['refused error a.yml:3', 'missing-reference error a.yml:4', 'missing-reference error a.yml:5'],
    },
    {
      says: 'nothing where both are declared',
      files: {
        'a.yml': stack(
          '    networks: [back, default]\n    volumes: ["data:/data"]',
          'networks: {back: {external: true}}\nvolumes: {data: }\n',
        ),
      },
      finds: [],
    },
  ],
  'mutable-tag': [
    ...['team/web', 'team/web:latest', 'team/web:1.2', 'team/web:main', 'team/web:stable'].map((image) => ({
      says: `${image}`,
      files: { 'a.yml': `services: {web: {image: "${image}"}}` },
      finds: ['mutable-tag warning a.yml:1'],
    })),
    ...[
      'team/web:1.2.3',
      'team/web:v1.2.3-rc.1',
      'team/web:1.2.4-main.5.g0123456',
      `team/web:latest${digest}`,
      'team/web:20240203',
    ].map((image) => ({
      says: `no fault of ${image.slice(0, 40)}`,
      files: { 'a.yml': `services: {web: {image: "${image}"}}` },
      finds: [],
    })),
  ],
  'secret-in-clear': [
    ...['DB_PASSWORD: hunter2', 'API_KEY: abc', 'GITHUB_TOKEN: x', 'URL: "postgres://u:pw@db/x"', 'CI: glpat-abc'].map(
      (line) => ({
        says: line,
        files: { 'a.yml': stack(`    environment: {${line}}`) },
        finds: ['secret-in-clear warning a.yml:4'],
      }),
    ),
    ...[
      'DB_PASSWORD_FILE: /run/secrets/db',
      'TOKEN_TTL: 60',
      'PASSWORD: ""',
      'MONKEY: banana',
      'URL: "https://example.com/a:b@c"',
    ].map((line) => ({
      says: `no fault of ${line}`,
      files: { 'a.yml': stack(`    environment: {${line}}`) },
      finds: [],
    })),
    {
      says: "no fault of Marathon's own secrets, and of what a placeholder fills in",
      files: { 'a.json': app('/a', { env: { PASSWORD: { secret: 'db' }, TOKEN: '${TOKEN}', API_KEY: '{{key}}' } }) },
      finds: [],
    },
  ],
};

for (const [rule, examples] of Object.entries(cases)) {
  describe(`the rule ${rule}`, () => {
    for (const { says, files, capacity, finds } of examples) {
      it(
        finds.length === 0 && says.startsWith('no')
          ? `finds ${says}`
          : `finds ${says}${finds.length === 0 ? ' (nothing)' : ''}`,
        () => {
          expect(check(files, capacity)).toEqual(finds);
        },
      );
    }
  });
}

it('has an example that is found, and one that is not, for every rule', () => {
  expect(Object.keys(cases).sort()).toEqual(rules.map(({ name }) => name).sort());
  for (const examples of Object.values(cases)) {
    expect(examples.some(({ finds }) => finds.length > 0)).toBe(true);
    expect(examples.some(({ finds }) => finds.length === 0)).toBe(true);
  }
});

it('never quotes what looks like a secret', () => {
  const findings = findingsIn({
    'a.yml': stack('    environment: {DB_PASSWORD: hunter2, URL: "postgres://u:hunter2@db/x"}'),
  });
  expect(findings).toHaveLength(2);
  expect(JSON.stringify(findings)).not.toContain('hunter2');
});

it('tells errors before warnings, then by template and line', () => {
  const files = {
    'b.yml': stack('    networks: [nowhere]'),
    'a.yml': `services:\n  one: {image: x}\n  two: {image: y}\n`,
  };
  expect(check(files)).toEqual([
    'missing-reference error b.yml:4',
    'mutable-tag warning a.yml:2',
    'mutable-tag warning a.yml:3',
  ]);
});
