import type Docker from 'dockerode';
import type { RunContext } from '../../core/engine.js';
import type { Image } from '../../core/plan.js';
import type { RegistryRepository } from '../../core/registry.js';
import type { RegistryClient } from '../../registry/client.js';
import type { Workshop } from './workshop.js';

/** All that one push works with. */
export interface PushJob {
  readonly workshop: Workshop;
  readonly docker: Docker;
  readonly image: Image;
  readonly local: Docker.ImageInspectInfo;
  readonly client: RegistryClient;
  readonly registry: RegistryRepository;
  readonly delays: readonly number[];
  readonly context: RunContext;
  /** This machine does not reach the registry, and the engine does. */
  readonly isAway: boolean;
}
