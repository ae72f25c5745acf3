import { describe, expect, it } from 'vitest';
import { checkEnvironment } from '../../src/check/rules.js';
import type { DeploymentPlan } from '../../src/core/plan.js';
import type { StarterFacts } from '../../src/core/starter.js';
import { loadOrchestrator, templateFormats, templateReaders, templateStarters } from '../../src/targets/index.js';

const image = 'registry.example.com/team/accounts:0.0.0';
const projects: Readonly<Record<string, StarterFacts>> = {
  'a service with a health path': { name: 'accounts', image, port: 8080, health: '/actuator/health', memory: 768 },
  'a service with a port alone': { name: 'accounts', image, port: 8080, memory: 256 },
  'a worker without a port': { name: 'accounts', image, memory: 128 },
  'a name of every allowed sign': { name: 'a_b.c--d__e-1', image, port: 1, health: '/a"b":{c}', memory: 1 },
};

for (const starter of templateStarters) {
  describe(`the first template for ${starter.target}`, () => {
    for (const [says, facts] of Object.entries(projects)) {
      if (starter.needsPort && facts.port === undefined) continue;
      const path = `deploy/prod/${starter.fileName(facts.name)}`;
      const text = starter.render(facts);

      it(`of ${says} is one that its own target reads, and finds the image in`, () => {
        const format = templateFormats.find((each) => each.name === starter.target);
        const others = templateFormats.filter((each) => each.name !== starter.target);
        expect(format?.read(path, text)?.map((service) => service.image)).toEqual([image]);
        expect(others.flatMap((each) => each.read(path, text) ?? [])).toEqual([]);
      });

      it(`of ${says} can be rolled out, and nothing is found in it`, async () => {
        const services = templateReaders.flatMap((reader) => reader.declare(path, text) ?? []);
        expect(services.length).toBe(1);
        expect(checkEnvironment({ services, capacity: { nodes: 2 } })).toEqual([]);
        const orchestrator = await loadOrchestrator(starter.target, {
          environment: {},
          connectDocker: () => Promise.reject(new Error('nothing is rolled out here')),
        });
        const plan: DeploymentPlan = {
          environment: 'prod',
          target: starter.target,
          source: { in: 'project' },
          template: path,
          service: services[0]?.id ?? '',
          currentImage: image,
          options: { ...starter.needs },
          timeoutSeconds: 60,
        };
        expect(() => orchestrator.check(plan, text)).not.toThrow();
      });
    }
  });
}
