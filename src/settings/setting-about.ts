import { z } from 'zod';
import { Failure } from '../core/failure.js';
import { checkLayer } from './check-layer.js';
import { placeAt, variableOf } from './schema-paths.js';
import { readFlags } from './settings-text.js';

/** What a person is told of one setting. */
export interface SettingAbout {
  readonly path: string;
  /** `SLIPWAY_IMAGE_REGISTRY` */
  readonly variable: string;
  readonly description: string;
  /** Ends the sentence "It must be …". */
  readonly expects: string;
}

/** Undefined: there is no setting of that path. */
export function aboutSetting(path: string): SettingAbout | undefined {
  const place = placeAt(path.split('.'));
  if (place?.is !== 'setting') return undefined;
  const description = z.globalRegistry.get(place.schema)?.description ?? '';
  return { path, variable: variableOf(path), description, expects: place.about.expects };
}

/** Whether `--set path=value` would be taken. */
export function isValidSetting(path: string, value: string): boolean {
  try {
    checkLayer(readFlags([{ path, value, flag: '--set' }]));
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
