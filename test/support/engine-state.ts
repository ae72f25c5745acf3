import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where `test/engine/up.sh` keeps what it knows of the engine it started. */
export function engineStateDirectory(): string {
  return (
    process.env.SLIPWAY_ENGINE_STATE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'slipway-engine')
  );
}

/** `127.0.0.1:PORT` of the registry that `test/engine/up.sh` started; throws when it did not. */
export function testRegistry(): string {
  const file = join(engineStateDirectory(), 'env');
  const registry = /^(?:export )?SLIPWAY_TEST_REGISTRY=['"]?([^'"\n]+)/m.exec(readFileSync(file, 'utf8'))?.[1];
  if (registry === undefined) throw new Error(`${file} names no registry: run test/engine/up.sh`);
  return registry;
}
