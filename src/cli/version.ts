import { readFileSync } from 'node:fs';

/** The root of the installed package: templates and package.json live there. */
export const packageRoot = new URL('../../', import.meta.url);

/** Version of this package. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0.0.0';
}
