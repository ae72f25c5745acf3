import type { StarterFacts, TemplateStarter } from '../../core/starter.js';

/** A stack of one service: two tasks, the new one started before the old one stops, and back again where it fails. */
export const swarmStarter: TemplateStarter = {
  target: 'swarm',
  // The stack is called as the file is: without dots.
  fileName: (name) => `${name.replaceAll('.', '-')}.yml`,
  needs: {},
  render,
};

function render({ name, image, port, memory }: StarterFacts): string {
  const published = `    ports:
      # Through the ingress network: one port in the whole Swarm.
      - { target: ${port}, published: ${port} }
`;
  return `# A Docker Swarm stack; the stack's name is this file's name. Slipway writes the image, everything else is yours.
services:
  ${name}:
    image: ${image}
    environment:
      # What the node is called, for a service that registers its own address.
      NODE_NAME: "{{.Node.Hostname}}"
${port === undefined ? '' : published}    deploy:
      replicas: 2
      resources:
        limits: { memory: ${memory}M }
        reservations: { memory: ${memory}M }
      update_config: { parallelism: 1, order: start-first, failure_action: rollback, monitor: 10s }
      rollback_config: { parallelism: 1, order: start-first }
      restart_policy: { condition: any, delay: 5s }
`;
}
