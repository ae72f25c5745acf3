import { Failure } from '../../core/failure.js';
import { parseImageReference } from '../../core/image-name.js';
import { type StackNetwork, takeNetworks } from './attachments.js';
import { takeContainer, takeLogging } from './container-spec.js';
import { type DeploySection, takeDeploy } from './deploy-section.js';
import { closeFields, compact, type Data, openFields, type Reading, takeText } from './fields.js';
import { takePorts } from './ports.js';
import { parseStack, type StackDocument } from './stack-document.js';
import { unescapeDollars } from './variables.js';

/** What the stack file wants of one service, ready for the Engine API but for the networks' ids and the open replicas. */
export interface DesiredService {
  readonly name: string;
  readonly stack: string;
  readonly image: string;
  readonly mode: 'replicated' | 'global';
  /** Undefined when the template leaves it open: 1 at creation, afterwards as many as there are. */
  readonly replicas?: number;
  readonly networks: readonly StackNetwork[];
  readonly labels: Readonly<Record<string, string>>;
  /** `TaskTemplate` without `Networks`. */
  readonly task: Data;
  /** The rest of the spec: `UpdateConfig`, `RollbackConfig`, `EndpointSpec`. */
  readonly rest: Data;
}

/**
 * One service of a stack file as a service of the Swarm. Names, labels and defaults are those of `docker stack deploy`
 * (docker/cli, cli/compose/convert), so that either tool can go on with what the other made. Throws
 * `deploy.unsupported` with every key that would not be carried out, `deploy.template-invalid`, `deploy.no-match`.
 */
export function readDesiredService(path: string, text: string, key: string, stack: string): DesiredService {
  const document = parseStack(path, text);
  const map = document?.services.get(key);
  if (document === undefined || map === undefined) {
    throw new Failure('deploy.no-match', {
      message: `There is no service '${key}' in this stack`,
      where: path,
      ...(document && { candidates: [...document.services.keys()] }),
    });
  }
  return desiredServiceOf(document, key, stack);
}

/** The same, of a stack that is read already. */
export function desiredServiceOf(document: StackDocument, key: string, stack: string): DesiredService {
  const where = `${document.path}:${document.lineOf(document.services.get(key)?.start ?? 0)}`;
  return convert(stackPart(document, where), key, stack, where);
}

interface StackPart {
  readonly service: (key: string) => unknown;
  readonly networks: unknown;
  readonly volumes: unknown;
}

/** The top-level parts a service refers to. Secrets and configs are reached by service keys alone, which are refused. */
function stackPart(document: StackDocument, where: string): StackPart {
  const root = openFields({ where, unsupported: [] }, document.path, document.data);
  const services = openFields(root.reading, 'services', root.values.get('services'));
  return {
    service: (key) => unescapeDollars(services.values.get(key), key, where),
    networks: unescapeDollars(root.values.get('networks'), 'networks', where),
    volumes: unescapeDollars(root.values.get('volumes'), 'volumes', where),
  };
}

function convert(part: StackPart, key: string, stack: string, where: string): DesiredService {
  const reading: Reading = { where, unsupported: [] };
  const service = openFields(reading, key, part.service(key));
  const image = takeText(service, 'image') ?? '';
  const ours = { 'com.docker.stack.namespace': stack };
  const deploy = takeDeploy(service);
  const networks = takeNetworks(service, key, stack, openFields(reading, 'networks', part.networks), ours);
  const container = takeContainer(service, {
    stack,
    labels: ours,
    volumes: openFields(reading, 'volumes', part.volumes),
  });
  const logging = takeLogging(service);
  const ports = takePorts(service);
  closeFields(service);
  refuseUnsupported(reading);
  refuseContradictions(reading, key, deploy, ports);
  return {
    name: `${stack}_${key}`,
    stack,
    image,
    mode: deploy.mode,
    ...(deploy.replicas !== undefined && { replicas: deploy.replicas }),
    networks,
    labels: { ...deploy.labels, ...ours, 'com.docker.stack.image': image, ...ownLabels(image) },
    task: taskTemplate(image, container, deploy, logging),
    rest:
      compact({
        UpdateConfig: deploy.updateConfig,
        RollbackConfig: deploy.rollbackConfig,
        EndpointSpec: { Mode: deploy.endpointMode ?? 'vip', ...compact({ Ports: ports }) },
      }) ?? {},
  };
}

function taskTemplate(image: string, container: Data, deploy: DeploySection, logging: Data | undefined): Data {
  const parts = compact({
    Resources: deploy.resources,
    RestartPolicy: deploy.restartPolicy,
    Placement: deploy.placement,
    LogDriver: logging,
  });
  return { ContainerSpec: { Image: image, ...container }, ...parts };
}

/** The service's own labels only: a label of the container would restart every task when it changes. */
function ownLabels(image: string): Readonly<Record<string, string>> {
  const tag = parseImageReference(image).tag;
  return { 'io.slipway.managed': 'true', ...(tag && { 'io.slipway.version': tag }) };
}

function refuseUnsupported(reading: Reading): void {
  if (reading.unsupported.length === 0) return;
  throw new Failure('deploy.unsupported', {
    message: `Slipway does not carry out these keys of the stack: ${reading.unsupported.join(', ')}`,
    where: reading.where,
    remedy: "Remove them, move them into an extension ('x-…'), or deploy this service with 'docker stack deploy'.",
    candidates: reading.unsupported,
  });
}

/** Swarm would refuse it after the build; so do we, before. */
function refuseContradictions(
  reading: Reading,
  key: string,
  deploy: DeploySection,
  ports: readonly Data[] | undefined,
): void {
  if (deploy.endpointMode === 'dnsrr' && ports?.some((port) => port.PublishMode === 'ingress')) {
    throw new Failure('deploy.template-invalid', {
      message: `Service '${key}' publishes a port through the ingress network, which 'endpoint_mode: dnsrr' cannot do`,
      where: reading.where,
      remedy: "Publish the port with 'mode: host', or remove the endpoint mode.",
    });
  }
  if (deploy.mode === 'global' && deploy.replicas !== undefined) {
    throw new Failure('deploy.template-invalid', {
      message: `Service '${key}' is global and has replicas`,
      where: reading.where,
      remedy: 'Remove one of the two.',
    });
  }
}
