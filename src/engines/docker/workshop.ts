import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import type { Connection } from './connect.js';
import type { DockerEngineOptions } from './options.js';
import type { Owner } from './owner.js';
import { runDirectory } from './sweep.js';

/** A connected engine and what this process knows of it. */
export class Workshop {
  readonly connection: Connection;
  readonly options: DockerEngineOptions;
  readonly owner: Owner;
  readonly #foreign = new Set<string>();
  readonly #id = randomBytes(3).toString('hex');
  #count = 0;

  constructor(connection: Connection, options: DockerEngineOptions, owner: Owner) {
    this.connection = connection;
    this.options = options;
    this.owner = owner;
  }

  get docker(): Docker {
    return this.connection.docker;
  }

  /** Private files of this run. */
  get runDirectory(): string {
    return runDirectory(this.options.stateDirectory, this.owner);
  }

  /** A name that no other container of this or another run has. */
  nextName(purpose: string): string {
    this.#count += 1;
    return `slipway-${purpose}-${this.owner.run}-${this.#id}-${this.#count}`;
  }

  /** Whether a mount of this directory is known to show another disk. */
  isForeign(directory: string): boolean {
    return this.#foreign.has(directory);
  }

  rememberForeign(directory: string): void {
    this.#foreign.add(directory);
  }
}
