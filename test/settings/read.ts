import { readSettings } from '../../src/settings/read-settings.js';
import type { Settings } from '../../src/settings/settings.js';
import type { FlagSetting } from '../../src/settings/settings-text.js';
import { makeDirectory } from '../io/repository.js';

type Environment = Readonly<Record<string, string>>;

/** Settings of a project with this `slipway.yml`, or none. */
export function read(
  yaml?: string,
  environment: Environment = {},
  flags: readonly FlagSetting[] = [],
): Promise<Settings> {
  const root = makeDirectory(yaml === undefined ? {} : { 'slipway.yml': yaml });
  return readSettings({ root, environment, flags });
}
