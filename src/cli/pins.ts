import { openSourceTree } from '../io/source-tree.js';
import { type PinChoice, type Pins, parsePins, pinsFile } from '../plan/pins.js';
import type { Settings } from '../settings/settings.js';
import type { World } from './world.js';

/** The pins of the project; none where there is no file. Throws `settings.invalid` for a broken one. */
export function readProjectPins(world: World): Pins {
  const text = openSourceTree(world.root).read(pinsFile);
  return text === undefined ? {} : parsePins(text, pinsFile);
}

/** What the settings make of the pins there are; undefined: nothing. */
export function choosePins(world: World, settings: Settings): PinChoice | undefined {
  const wanted = settings.values.image.pins;
  if (wanted === 'ignore') return undefined;
  return { images: readProjectPins(world), required: wanted === 'require' };
}
