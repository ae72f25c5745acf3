import type { ClientSettings } from '../../core/client-settings.js';

/** What a Docker engine needs to know of its surroundings. Nothing else is read from them. */
export interface DockerEngineOptions {
  /** `DOCKER_HOST`, `DOCKER_CONTEXT`, `DOCKER_CERT_PATH`, `DOCKER_TLS_VERIFY`, `DOCKER_AUTH_CONFIG`, and `PATH` for helpers. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Docker's client configuration, usually `~/.docker`. */
  readonly dockerConfigDirectory: string;
  /** A directory of ours that outlives a run; made when missing. */
  readonly stateDirectory: string;
  readonly clientSettings: ClientSettings;
  /** Unique per process: `[a-z0-9-]+`. */
  readonly runId: string;
  /** Waits between the attempts of a push, in milliseconds; each is drawn between 0 and the value given here. */
  readonly retryDelays?: readonly number[];
}
