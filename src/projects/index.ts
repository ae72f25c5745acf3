import type { ProjectKind } from '../core/kind.js';
import { go } from './go/index.js';
import { java } from './java/index.js';
import { node } from './node/index.js';
import { springBoot } from './spring-boot/index.js';

/** Every kind Slipway knows, in the order in which they are asked. Adding a kind is its folder and a line here. */
export const kinds: readonly ProjectKind[] = [springBoot, java, go, node];
