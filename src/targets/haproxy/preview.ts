import type { RolloutPreview } from '../../core/target.js';
import type { Definition } from './definition.js';
import { disagreement } from './placement.js';
import type { Site } from './site.js';
import { isServing, type Snapshot } from './snapshot.js';

/** What a rollout would change, from what serves now. */
export function previewLines(site: Site, now: Snapshot, definition: Definition): RolloutPreview {
  const serving = now.instances.filter(isServing);
  const images = [...new Set(serving.map((each) => each.image))];
  const others = serving.filter((each) => each.definition !== definition.id);
  const sameImage = images.length === 1 && images[0] === definition.image;
  const different = disagreement(now);
  const lines = [
    ...(sameImage || serving.length === 0 ? [] : [`image  ${images.join(', ')} → ${definition.image}`]),
    ...(sameImage && others.length > 0 ? ['container  its settings change'] : []),
    ...(serving.length === site.service.instances ? [] : [`instances  ${serving.length} → ${site.service.instances}`]),
    ...(different === undefined ? [] : [`configuration  ${different}`]),
  ];
  const change = serving.length === 0 ? 'create' : lines.length === 0 ? 'none' : 'update';
  return { change, by: 'compared', lines: serving.length === 0 ? [`image  ${definition.image}`, ...lines] : lines };
}
