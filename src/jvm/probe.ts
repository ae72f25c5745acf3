import { type Facts, textOf } from '../core/project.js';
import type { Probe, Recipe } from '../core/recipe.js';
import { unsupportedFact } from './build-call.js';
import { healthcheckOf } from './healthcheck.js';
import { shellOf } from './java-command.js';

/** Where a recipe says the service is asked, with a HEALTHCHECK where the base has the shell that runs it. */
export function probeFields(base: string, probe: Probe | undefined): Pick<Recipe, 'probe' | 'healthcheck'> {
  if (!probe) return {};
  return shellOf(base) === 'bash' ? { probe, healthcheck: healthcheckOf(probe) } : { probe };
}

/** Undefined without a port. Throws `detect.unsupported` for a port or path that a hint made impossible. */
export function probeOf(facts: Facts): Probe | undefined {
  const text = textOf(facts, 'port');
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535) throw unsupportedFact('port', text);
  const path = textOf(facts, 'health');
  if (path !== undefined && !/^\/[\x21-\x7e]{0,500}$/.test(path)) throw unsupportedFact('health', path);
  return { port, ...(path !== undefined && { path }) };
}
