import { freezeDeep } from '../core/plan.js';
import type { SettingsLayer } from './schema.js';

type Section =
  | 'image'
  | 'registry'
  | 'push'
  | 'build'
  | 'try'
  | 'java'
  | 'spring-boot'
  | 'node'
  | 'go'
  | 'version'
  | 'supply-chain'
  | 'sign'
  | 'retention'
  | 'deploy';
type Resolved = SettingsLayer & { readonly [K in Section]: NonNullable<SettingsLayer[K]> };
type DeepReadonly<T> = { readonly [K in keyof T]: DeepReadonly<T[K]> };

/**
 * Every setting under its name in `slipway.yml`. Sections are always there; a setting that nobody gave is undefined, unless it
 * has a default. Times are seconds, commands are lists of words.
 */
export type SettingsValues = DeepReadonly<Resolved> & Defaults;

/** Settings with where each came from. */
export interface Settings {
  readonly values: SettingsValues;
  /** `slipway.yml:3`, `SLIPWAY_IMAGE_REGISTRY`, `--registry` or `default`; undefined for a setting that nobody gave. */
  originOf(path: string): string | undefined;
  /** What a person should look at, though nothing is wrong. */
  readonly warnings: readonly string[];
}

/** The settings that always have a value. */
export interface Defaults {
  readonly image: { readonly platform: string; readonly pins: 'use' | 'require' | 'ignore' };
  readonly push: { readonly by: 'engine' | 'slipway'; readonly when: 'auto' | 'always' };
  readonly build: { readonly timeout: number; readonly transfer: 'auto' | 'mount' | 'stream' };
  readonly try: { readonly enabled: boolean; readonly timeout: number };
  readonly version: { readonly moving: 'forward' | 'force' | 'never' };
  readonly retention: { readonly keep: number; readonly 'keep-prereleases': number; readonly 'keep-days': number };
  readonly templates: string;
  readonly 'supply-chain': { readonly sbom: boolean; readonly provenance: boolean; readonly require: boolean };
  readonly sign: { readonly with: 'auto' | 'slipway' | 'cosign' };
  readonly deploy: { readonly timeout: number };
}

/** What holds where nobody says otherwise and nothing is detected. */
export const defaults: Defaults = freezeDeep({
  image: { platform: 'linux/amd64', pins: 'use' },
  push: { by: 'engine', when: 'auto' },
  build: { timeout: 1800, transfer: 'auto' },
  try: { enabled: true, timeout: 60 },
  version: { moving: 'forward' },
  retention: { keep: 10, 'keep-prereleases': 10, 'keep-days': 30 },
  templates: '.slipway/templates',
  'supply-chain': { sbom: true, provenance: true, require: false },
  sign: { with: 'auto' },
  deploy: { timeout: 300 },
});

/** One source of settings, checked. */
export interface CheckedLayer {
  readonly values: SettingsLayer;
  /** Origin of each setting, by path. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Put layers over the defaults, the last on top. */
export function combineLayers(layers: readonly CheckedLayer[], warnings: readonly string[]): Settings {
  const sections = {
    image: {},
    registry: {},
    push: {},
    build: {},
    try: {},
    java: {},
    'spring-boot': {},
    node: {},
    go: {},
    version: {},
    'supply-chain': {},
    sign: {},
    retention: {},
    deploy: {},
  };
  const trees: readonly object[] = [defaults, ...layers.map((layer) => layer.values)];
  const merged = trees.reduce<Tree>((under, over) => overlay(under, over as Tree), sections);
  const origins = new Map([
    ...pathsOf({ ...defaults }).map((path) => [path, 'default'] as const),
    ...layers.flatMap((layer) => [...layer.origins]),
  ]);
  return {
    values: freezeDeep(merged as unknown as SettingsValues),
    originOf: (path) => origins.get(path),
    warnings,
  };
}

type Tree = Readonly<Record<string, unknown>>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function overlay(under: Tree, over: Tree): Tree {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = result[key];
    result[key] = isTree(value) ? overlay(isTree(below) ? below : {}, value) : value;
  }
  return result;
}

function pathsOf(tree: Tree, prefix = ''): readonly string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    isTree(value) ? pathsOf(value, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
}
