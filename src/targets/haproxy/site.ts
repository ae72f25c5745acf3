import type { RunContext } from '../../core/engine.js';
import type { Clock } from '../clock.js';
import type { BackendSection } from './config-document.js';
import type { ConfigFile } from './config-file.js';
import type { ContainerEngine } from './engine.js';
import type { HostDocument, HostService } from './host-document.js';
import type { Runtime } from './runtime.js';

/** How servers get into a running HAProxy: added and deleted (from 3.0 on), or put into slots that its configuration declares. */
export type Mode = 'dynamic' | 'slots';

/** All that one rollout works with. */
export interface Site {
  readonly host: HostDocument;
  readonly service: HostService;
  /** `<backend>/<service>`: what containers are labelled with. */
  readonly identity: string;
  readonly runtime: Runtime;
  readonly version: string;
  readonly mode: Mode;
  readonly engine: ContainerEngine;
  readonly config: ConfigFile;
  readonly clock: Clock;
  readonly context: RunContext;
  /** The backend in the configuration file as it is now. Throws `deploy.refused` where it is not there. */
  readonly section: () => Promise<BackendSection>;
}

/** A container did not come up, or did not stay up. */
export class InstanceFailure extends Error {
  readonly lastLines: readonly string[];
  constructor(message: string, lastLines: readonly string[]) {
    super(message);
    this.name = 'InstanceFailure';
    this.lastLines = lastLines;
  }
}
