import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientFile } from '../../core/client-settings.js';
import { inside } from './script.js';

/** Write the files into a directory that nobody else may read. */
export async function writeClientFiles(files: readonly ClientFile[], directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const { name, content } of files) await writeFile(join(directory, name), content, { mode: 0o600 });
}

/** Links from the places where clients look to the files. */
export function clientLinks(files: readonly ClientFile[]): { readonly from: string; readonly to: string }[] {
  return files.flatMap(({ name, path }) => (path === undefined ? [] : [{ from: path, to: insidePath(name) }]));
}

/**
 * The builder's environment: the image's own `JAVA_TOOL_OPTIONS` and the plan's variables, with what points clients at
 * the files. Options for a JVM are added to those that are there; otherwise the plan's word wins.
 */
export function builderEnvironment(
  plan: Readonly<Record<string, string>>,
  image: readonly string[],
  files: readonly ClientFile[],
): string[] {
  const variables = new Map(Object.entries({ HOME: '/root' }));
  for (const { name, env } of files) {
    for (const [key, value] of Object.entries(env)) variables.set(key, value.replaceAll('{file}', insidePath(name)));
  }
  const ours = variables.get('JAVA_TOOL_OPTIONS');
  for (const [key, value] of Object.entries(plan)) variables.set(key, value);
  const theirs = plan.JAVA_TOOL_OPTIONS ?? variableOf(image, 'JAVA_TOOL_OPTIONS');
  if (ours !== undefined && theirs !== undefined) variables.set('JAVA_TOOL_OPTIONS', joinJavaOptions(theirs, ours));
  return [...variables].map(([key, value]) => `${key}=${value}`).sort();
}

/** A trust store that somebody chose on purpose stays. */
function joinJavaOptions(theirs: string, ours: string): string {
  return theirs.includes('-Djavax.net.ssl.trustStore=') ? theirs : `${theirs} ${ours}`.trim();
}

function variableOf(environment: readonly string[], key: string): string | undefined {
  return environment.find((entry) => entry.startsWith(`${key}=`))?.slice(key.length + 1);
}

function insidePath(name: string): string {
  return `${inside.secrets}/${name}`;
}
