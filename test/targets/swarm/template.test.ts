import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { swarmTemplate } from '../../../src/targets/swarm/template.js';

const newImage = `registry.example.com/team/app:2.0.0-main.3.gabc@sha256:${'ab'.repeat(32)}`;
const images = ['app:1', 'registry.example.com/team/app:1.0.0', 'localhost:5000/a/b', 'postgres:16.1-alpine'];
const noise = ['', ' # why', '   # image: not-this:1', '  # it\'s "quoted"'];
const rest = [
  'command: ["run", "--image", "app:1"]',
  'labels: {image: \'app:1\', a.b: "c"}',
  'environment:\n  - IMAGE=app:1\n  - "X=${HOME}"',
  'stop_grace_period: 1m30s',
  'ports:\n- "80:80"\n- {target: 1, published: 2}',
];

interface Service {
  readonly image: string;
  readonly quote: string;
  readonly comment: string;
  readonly anchor: boolean;
  readonly imageFirst: boolean;
  readonly extra: readonly string[];
}

const service: fc.Arbitrary<Service> = fc.record({
  image: fc.constantFrom(...images),
  quote: fc.constantFrom('', "'", '"'),
  comment: fc.constantFrom(...noise),
  anchor: fc.boolean(),
  imageFirst: fc.boolean(),
  extra: fc.uniqueArray(fc.constantFrom(...rest), { maxLength: 3 }),
});
const key = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,12}$/);
const stack = fc.record({
  services: fc.uniqueArray(fc.tuple(key, service), { selector: ([name]) => name, minLength: 1, maxLength: 6 }),
  indent: fc.integer({ min: 1, max: 5 }),
  eol: fc.constantFrom('\n', '\r\n'),
  bom: fc.boolean(),
  finalNewline: fc.boolean(),
  servicesLast: fc.boolean(),
});

function writeService(name: string, each: Service, pad: string, changed: string | undefined): string {
  const image = `image: ${each.anchor ? `&${name.replace(/[^a-z0-9]/g, '')}x ` : ''}${each.quote}${changed ?? each.image}${each.quote}${each.comment}`;
  const lines = (each.imageFirst ? [image, ...each.extra] : [...each.extra, image]).join('\n').split('\n');
  return `${pad}"${name}":\n${lines.map((line) => `${pad}${pad}${line}`).join('\n')}\n`;
}

type Stack = typeof stack extends fc.Arbitrary<infer T> ? T : never;

function writeStack(plan: Stack, target: number, changed?: string): string {
  const pad = ' '.repeat(plan.indent);
  const body = plan.services
    .map(([name, each], index) => writeService(name, each, pad, index === target ? changed : undefined))
    .join(`${pad}# between\n\n`);
  const services = `services:\n${body}`;
  const networks = 'networks: {web: {external: true}}\n';
  const text = plan.servicesLast ? `version: "3.8"\n${networks}${services}` : `${services}${networks}`;
  const ended = plan.finalNewline ? text : text.replace(/\n$/, '');
  return (plan.bom ? '\uFEFF' : '') + ended.replace(/\n/g, plan.eol);
}

describe('rewriting a stack file', () => {
  it('changes the one image and no other byte, whatever the formatting', () => {
    fc.assert(
      fc.property(stack, fc.nat(), (plan, choice) => {
        const target = choice % plan.services.length;
        const [name] = plan.services[target] ?? [''];
        const before = writeStack(plan, target);
        expect(swarmTemplate.rewrite('stack.yml', before, name, [{ path: 'image', value: newImage }]).text).toBe(
          writeStack(plan, target, newImage),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('reads every service with its image and line', () => {
    const text = 'services:\r\n  a:\r\n    image: x:1\r\n  b: {image: "${TAG}"}\r\n  c:\r\n    build: .\r\n';
    expect(swarmTemplate.read('stack.yml', text)).toEqual([
      { id: 'a', image: 'x:1', line: 3 },
      { id: 'b', written: '${TAG}', line: 4 },
      { id: 'c', line: 6 },
    ]);
  });

  it('takes no YAML of others for a stack', () => {
    const others = [
      'apiVersion: v1\nkind: Service\n',
      'services:\n  - postgres:16\nimage: node:22\n',
      'services:\n  _defaults: {autowire: true}\n',
      '{{ if .Values.x }}\nimage: a:1\n{{ end }}\n',
      'a: 1\n---\nb: 2\n',
      '',
    ];
    expect(others.map((text) => swarmTemplate.read('x.yml', text))).toEqual(others.map(() => undefined));
    expect(swarmTemplate.read('stack.json', 'services: {a: {image: x}}')).toBeUndefined();
  });

  it('refuses an image name that no registry would take', () => {
    expect(() =>
      swarmTemplate.rewrite('s.yml', 'services: {a: {image: x}}', 'a', [{ path: 'image', value: 'x:1"\n  evil: 1' }]),
    ).toThrow('is not a tag');
  });

  it('refuses a stack that expands without end', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `x-${i + 1}: &l${i + 1} [${Array(12).fill(`*l${i}`).join(', ')}]`,
    );
    const text = `x-0: &l0 [a]\n${levels.join('\n')}\nservices: {a: {image: x}}\n`;
    expect(() => swarmTemplate.rewrite('s.yml', text, 'a', [{ path: 'image', value: 'y' }])).toThrow(
      'This YAML cannot be read',
    );
  });
});
