import { marathonTemplate } from '../src/targets/marathon/template.js';
import { swarmTemplate } from '../src/targets/swarm/template.js';
import { type Figure, measureInTurn } from './measure.js';

const aim = 50;
const image = 'registry.example.com/team/web:1.0.0';
const edits = [{ path: 'image', value: `registry.example.com/team/web:1.1.0@sha256:${'ab'.repeat(32)}` }];

/**
 * One image among a thousand services that share it, and what a parser alone takes for the same text. Processor time: the machine's
 * other work does not count.
 */
export async function benchRewriting(rounds: number): Promise<readonly Figure[]> {
  const json = marathonFile();
  const yaml = stackFile();
  const { parse } = await import('yaml');
  const [rewriteJson, parseJson] = await measureInTurn(
    [
      { name: 'Marathon', run: time(() => marathonTemplate.rewrite('apps.json', json, '/shop/app-777', edits)) },
      { name: 'JSON.parse', run: time(() => JSON.parse(json)) },
    ],
    rounds,
  );
  const [rewriteYaml, parseYaml] = await measureInTurn(
    [
      { name: 'Compose', run: time(() => swarmTemplate.rewrite('stack.yml', yaml, 'app-777', edits)) },
      { name: 'yaml', run: time(() => parse(yaml)) },
    ],
    rounds,
  );
  if (!rewriteJson || !parseJson || !rewriteYaml || !parseYaml) throw new Error('nothing was measured');
  const size = (text: string): string => `${(text.length / 1000).toFixed(0)} kB`;
  return [
    {
      what: `rewrite one image in a Marathon file of 1,000 apps that share it (${size(json)}) / \`JSON.parse\` of the file`,
      measured: `${rewriteJson.median.toFixed(0)} ms / ${parseJson.median.toFixed(0)} ms`,
      ratio: (rewriteJson.median / parseJson.median).toFixed(2),
      aim: `≤ ${aim} ms`,
      met: rewriteJson.median <= aim,
    },
    {
      what: `the same in a Compose file of 1,000 services (${size(yaml)}) / \`parse\` of the package yaml`,
      measured: `${rewriteYaml.median.toFixed(0)} ms / ${parseYaml.median.toFixed(0)} ms`,
      ratio: (rewriteYaml.median / parseYaml.median).toFixed(2),
      aim: '≤ 3 × the parser',
      met: rewriteYaml.median <= 3 * parseYaml.median,
    },
  ];
}

function time(work: () => unknown): () => number {
  return () => {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}

function marathonFile(): string {
  const apps = Array.from({ length: 1000 }, (_, index) => ({
    id: `/shop/app-${index}`,
    cpus: 0.5,
    mem: 512,
    instances: 2,
    container: {
      type: 'DOCKER',
      docker: {
        image,
        network: 'BRIDGE',
        portMappings: [{ containerPort: 8080, hostPort: 0, servicePort: 10_000 + index }],
      },
    },
    env: { LOG_LEVEL: 'info', REGION: 'eu' },
    labels: { HAPROXY_GROUP: 'external' },
    healthChecks: [{ protocol: 'HTTP', path: '/health', intervalSeconds: 10, timeoutSeconds: 5 }],
    upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0.2 },
  }));
  return `${JSON.stringify(apps, null, 2)}\n`;
}

function stackFile(): string {
  const services = Array.from(
    { length: 1000 },
    (_, index) => `  app-${index}:
    image: ${image}
    environment:
      LOG_LEVEL: info
      REGION: eu
    ports:
      - "${10_000 + index}:8080"
    deploy:
      replicas: 2
`,
  );
  return `version: "3.8"\nservices:\n${services.join('')}`;
}
