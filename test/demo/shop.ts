/** The demo's shop: three services, their settings, and the stack that runs them. Also the end-to-end test's. */

export interface ShopService {
  readonly name: string;
  /** A tag on its only commit: a release; undefined: a pre-release by distance. */
  readonly tag?: string;
}

export const shopServices: readonly ShopService[] = [
  { name: 'go-accountservice', tag: 'v1.4.0' },
  { name: 'spring-boot-quotes', tag: 'v2.0.1' },
  { name: 'node-gateway' },
];

/** A service's slipway.yml: where its image and its templates live; client settings of this host reach the builder as mounts. */
export function shopSettings(registry: string, deployRepository: string, stack: string): string {
  return `image:
  registry: ${registry}/${stack}
build:
  mounts:
    ca: true
    npmrc: true
    go-env: true
    maven-settings: true
deploy:
  repository: ${deployRepository}
  environments:
    prod:
      path: prod
      stack: ${stack}
`;
}

/** The stack file. Host ports and DNS round robin: the machine's kernel may lack the ingress routing mesh (ip_vs). */
export function shopStack(registry: string, gatewayPort: number, stack: string): string {
  return `# The shop: what runs in production. Slipway writes the images, people write the rest.
version: "3.8"

services:
  go-accountservice:
    image: ${registry}/${stack}/go-accountservice:0.0.0   # accounts
    networks: [shop]
    read_only: true
    tmpfs: [/tmp]
    deploy:
      replicas: 2
      endpoint_mode: dnsrr
      update_config: { order: start-first, failure_action: rollback }

  spring-boot-quotes:
    image: "${registry}/${stack}/spring-boot-quotes:0.0.0"
    networks: [shop]
    deploy:
      endpoint_mode: dnsrr
      resources:
        limits: { memory: 512M }

  node-gateway:
    image: '${registry}/${stack}/node-gateway:0.0.0'
    networks: [shop]
    ports:
      - target: 3000
        published: ${gatewayPort}
        protocol: tcp
        mode: host
    deploy:
      endpoint_mode: dnsrr

networks:
  shop:
    driver: overlay
    attachable: true
`;
}
