import type { ClientSettings } from '../../core/client-settings.js';
import type { Surroundings } from '../../registry/credential.js';

/**
 * What a Docker engine needs to know of its surroundings. Nothing else is read from them. Of the environment: `DOCKER_HOST`,
 * `DOCKER_CONTEXT`, `DOCKER_CERT_PATH`, `DOCKER_TLS_VERIFY`, and what registries need.
 */
export interface DockerEngineOptions extends Surroundings {
  /** A directory of ours that outlives a run; made when missing. */
  readonly stateDirectory: string;
  readonly clientSettings: ClientSettings;
  /** Unique per process: `[a-z0-9-]+`. */
  readonly runId: string;
  /** Who sends an image that is pushed; asked when one is. Without it, the engine. */
  readonly pushBy?: () => Promise<'engine' | 'slipway'>;
}
