import { existsSync, readFileSync } from 'node:fs';

/** The root of the installed package: templates and package.json live there. Two levels up from `dist/cli/`, one from the action's bundle. */
export const packageRoot = ['../../', '../']
  .map((path) => new URL(path, import.meta.url))
  .find((directory) => existsSync(new URL('templates/common/build-stage.ejs', directory))) as URL;

/** Version of this package. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0';
}
