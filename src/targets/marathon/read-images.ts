import { z } from 'zod';
import { absoluteId } from './app-document.js';
import type { ServiceId } from './live-service.js';
import type { JsonObject } from './marathon-client.js';

const image = z.looseObject({ id: z.string().optional() }).nullish();
const shape = z.looseObject({
  id: z.string().optional(),
  container: z.looseObject({ docker: z.looseObject({ image: z.string().optional() }).nullish() }).nullish(),
  containers: z.array(z.looseObject({ image })).nullish(),
  get apps() {
    return z.array(shape).nullish();
  },
  get pods() {
    return z.array(shape).nullish();
  },
  get groups() {
    return z.array(shape).nullish();
  },
});

/** Images of a service in a definition: its own, or that of a group it is in. Undefined: it is not in it. */
export function imagesOf(definition: JsonObject, service: ServiceId): readonly string[] | undefined {
  const parsed = shape.safeParse(definition);
  return parsed.success ? searchImages(parsed.data, service, '/') : undefined;
}

function searchImages(node: z.infer<typeof shape>, service: ServiceId, parent: string): readonly string[] | undefined {
  const id = node.id === undefined ? parent : absoluteId(node.id, parent);
  if (id === service.id) {
    const own = node.container?.docker?.image;
    return [...(own === undefined ? [] : [own]), ...(node.containers ?? []).flatMap((each) => each.image?.id ?? [])];
  }
  for (const member of [...(node.apps ?? []), ...(node.pods ?? []), ...(node.groups ?? [])]) {
    const found = searchImages(member, service, id);
    if (found !== undefined) return found;
  }
  return undefined;
}
