import { type Fact, fact } from '../../core/project.js';
import type { Step } from '../../core/recipe.js';
import { lineAt } from './port.js';
import type { SourceFile } from './sources.js';
import { commandsOf } from './start-script.js';
import { fileStartedBy } from './started-file.js';
import { staticServer } from './static-server.js';

/** Commands that end on SIGTERM by themselves: Next and React Router were seen to as process 1, Remix and pm2 say so. */
const heeding = /^(\.\.\/)*node_modules\/\.bin\/(next|remix-serve|react-router-serve|pm2-runtime)$/;

/** What the builds of Next and Nitro start does too. */
const heedingFiles = /^(\.next\/standalone\/|\.output\/server\/)/;

/** Packages and calls that listen for SIGTERM on a service's behalf. */
const libraries =
  /\benableShutdownHooks\(|['"](@godaddy\/terminus|close-with-grace|fastify-graceful-shutdown|http-graceful-shutdown|http-terminator|lightship)['"]/;

/**
 * The fact `node.init`: whether an init must be process 1. The kernel ends no process 1 by a signal that it does not handle,
 * and node handles SIGTERM only where a program asks it to (https://github.com/nodejs/docker-node/blob/main/docs/BestPractices.md#handling-kernel-signals):
 * such a container is killed when its time is up. `false` only where something is seen to handle SIGTERM.
 */
export function detectInit(
  start: readonly string[],
  sources: readonly SourceFile[],
  framework: string | undefined,
): Fact {
  if (start.includes(staticServer.path)) return fact(false, { because: 'the static file server handles SIGTERM' });
  const isChain = commandsOf(start).length !== 1;
  const file = fileStartedBy(start) ?? '';
  const isFrameworks = start.some((word) => heeding.test(word)) || heedingFiles.test(file);
  const isAdapter = framework === 'sveltekit' && sources.length === 0 && file !== '';
  if (!isChain && (isFrameworks || isAdapter)) return fact(false, { because: 'what it starts handles SIGTERM' });
  const handler = isChain ? undefined : handlerIn(sources);
  if (handler) return fact(false, { ...handler, because: 'SIGTERM is handled' });
  const because = isChain ? 'a shell runs before the service' : 'nothing in the sources handles SIGTERM';
  return fact(true, { because });
}

function handlerIn(sources: readonly SourceFile[]): { readonly file: string; readonly line: number } | undefined {
  for (const { path, text } of sources) {
    const named = /\bprocess\s{0,4}\.(?:on|once|addListener|prependListener)\(\s{0,20}['"`]SIGTERM['"`]/.exec(text);
    const listed =
      /['"`]SIGTERM['"`]/.test(text) &&
      /\bprocess\s{0,4}\.(?:on|once)\(\s{0,20}[A-Za-z_$][\w$]{0,40}\s{0,4},/.exec(text);
    const found = named || listed || libraries.exec(text);
    if (found) return { file: path, line: lineAt(text, found.index + 1) };
  }
  return undefined;
}

/** Where the init lies in the image. */
export const initPath = '/app/.slipway/init';

/**
 * Process 1 in POSIX sh, which every image with Node in it but distroless has: passes signals on, collects what other
 * processes leave, and ends with the program's own exit code. An interrupted `wait` says nothing of the program: it is asked again.
 */
const init = [
  '#!/bin/sh',
  'exec 3<&0',
  '"$@" <&3 3<&- &',
  'child=$!',
  'for signal in HUP INT QUIT TERM USR1 USR2; do trap "kill -$signal $child" $signal; done',
  'wait $child; code=$?',
  'while kill -0 $child 2>/dev/null; do wait $child; code=$?; done',
  'exit $code',
];

/** Steps that put the init into what was gathered. */
export function initSteps(): readonly Step[] {
  const lines = init.map((line) => `'${line}'`).join(' ');
  const file = `.slipway-out${initPath}`;
  const script = ['mkdir -p .slipway-out/app/.slipway', `printf '%s\\n' ${lines} > ${file}`, `chmod 755 ${file}`];
  return [{ title: 'Write the init, which passes signals on to a service that does not handle them', script }];
}
