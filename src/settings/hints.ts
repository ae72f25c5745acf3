import type { FactKey, FactValue, Hints } from '../core/project.js';
import type { Settings } from './settings.js';

/** What the settings say of facts that would otherwise be detected. */
export function hintsFrom(settings: Settings): Hints {
  const { java, node, go, port, health } = settings.values;
  const given: Readonly<Partial<Record<FactKey, FactValue | undefined>>> = {
    'java.version': java.version,
    'java.build-tool': java['build-tool'],
    'java.module': java.module,
    'java.wrapper': java.wrapper,
    'java.profiles': java.profiles,
    'java.main': java.main,
    'java.artifact': java.artifact,
    'java.arguments': java.arguments,
    'java.cds': java.cds,
    'spring-boot.release': settings.values['spring-boot'].release,
    'node.version': node.version,
    'node.package-manager': node['package-manager'],
    'node.workspace': node.workspace,
    'node.start': node.start,
    'node.build': node.build,
    'node.init': node.init,
    'node.host-variable': node['host-variable'],
    'go.version': go.version,
    'go.main': go.main,
    'go.cgo': go.cgo,
    'go.args': go.args,
    port: port === undefined ? undefined : String(port),
    health,
  };
  const hints = Object.entries(given).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, { value, origin: settings.originOf(key) ?? 'settings' }] as const],
  );
  return Object.fromEntries(hints);
}
