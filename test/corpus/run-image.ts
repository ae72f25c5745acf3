import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Expectation } from './expectation.js';
import { type Step, type Verdict, verdict } from './verdict.js';

/** As a strict cluster would start it. */
const hardened = ['--read-only', '--tmpfs=/tmp', '--cap-drop=ALL', '--security-opt=no-new-privileges', '--memory=512m'];

/** The label of the containers of a run, whose value is its mark. */
export const corpusLabel = 'io.slipway.corpus';

/** Start an image read-only, ask it, and tell it to stop. */
export async function runImage(
  image: string,
  mark: string,
  probePath: string | undefined,
  expected: Expectation,
): Promise<{ readonly verdict: Verdict; readonly steps: readonly Step[] }> {
  const port = exposedPort(image);
  const environment = Object.entries(expected.environment ?? {}).map(([name, value]) => `--env=${name}=${value}`);
  const published = port === undefined ? [] : [`--publish=127.0.0.1::${port}`];
  const started = docker(
    'run',
    '--detach',
    `--label=${corpusLabel}=${mark}`,
    ...hardened,
    ...environment,
    ...published,
    image,
  );
  if (!started.ok) return { verdict: verdict('wrong', `it cannot be started: ${started.text}`), steps: [] };
  const id = started.text;
  try {
    const asked = await askOrWatch(id, port, probePath, expected);
    const stop = asked.outcome === 'right' && isRunning(id) ? [stopped(id)] : [];
    return { verdict: asked, steps: [{ name: 'answer', says: asked.because }, ...stop] };
  } finally {
    docker('rm', '--force', '--volumes', id);
  }
}

async function askOrWatch(
  id: string,
  port: string | undefined,
  probePath: string | undefined,
  expected: Expectation,
): Promise<Verdict> {
  if (port === undefined) return watch(id);
  const address = docker('port', id, `${port}/tcp`).text.split('\n')[0] ?? '';
  const requests = expected.requests?.length ? expected.requests : [{ path: probePath ?? '/' }];
  const answers: string[] = [];
  for (const request of requests) {
    const answer = await ask(id, `http://${address}${request.path}`);
    if ('verdict' in answer) return answer.verdict;
    const said = `${answer.status} on ${request.path}`;
    if (request.status === undefined ? answer.status >= 500 : answer.status !== request.status)
      return verdict('wrong', `it answers ${said}: ${answer.text.slice(0, 200)}`);
    if (request.contains !== undefined && !answer.text.includes(request.contains))
      return verdict('wrong', `its answer, ${said}, does not contain ${JSON.stringify(request.contains)}`);
    answers.push(said);
  }
  return verdict('right', `answered ${answers.join(', ')}`);
}

/** Nothing can be asked: it must go on, or end well as a job does. */
async function watch(id: string): Promise<Verdict> {
  for (let second = 0; second < 6 && isRunning(id); second += 1) await sleep(1000);
  if (isRunning(id)) return verdict('right', 'runs; no port is known, so nothing was asked');
  const code = exitCodeOf(id);
  return code === 0 ? verdict('right', 'ended with 0, as a job does') : ended(id, code);
}

type Answer = { readonly status: number; readonly text: string } | { readonly verdict: Verdict };

async function ask(id: string, url: string): Promise<Answer> {
  const deadline = Date.now() + 60_000;
  let trouble = 'nothing';
  while (Date.now() < deadline) {
    if (!isRunning(id)) return { verdict: ended(id, exitCodeOf(id)) };
    try {
      return await fetchWithin(url, 5000);
    } catch (error) {
      trouble = codeOf(error);
      if (trouble.startsWith('HPE_')) return { verdict: verdict('right', 'its port answers, but not in HTTP/1') };
      await sleep(300);
    }
  }
  return { verdict: verdict('wrong', `it runs, and never answers (${trouble}):${lastWords(id)}`) };
}

/** The timer of `AbortSignal.timeout` keeps no process alive, nor does undici's socket while it waits: Node would end without a word. */
async function fetchWithin(
  url: string,
  milliseconds: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds);
  try {
    const response = await fetch(url, { signal: controller.signal, redirect: 'manual' });
    return { status: response.status, text: await response.text() };
  } finally {
    clearTimeout(timer);
  }
}

function codeOf(error: unknown): string {
  const { cause, name } = error as { readonly cause?: { readonly code?: unknown }; readonly name?: unknown };
  return String(cause?.code ?? name ?? error);
}

function ended(id: string, code: number): Verdict {
  return verdict('wrong', `it ends with ${code} when it is started read-only:${lastWords(id)}`);
}

function stopped(id: string): Step {
  const start = performance.now();
  docker('stop', '--time', '10', id);
  const code = exitCodeOf(id);
  const says = code === 137 ? 'killed after 10 s: it does not hear SIGTERM' : `ended with ${code}`;
  return { name: 'stop', says, milliseconds: performance.now() - start };
}

function exposedPort(image: string): string | undefined {
  const { text } = docker(
    'image',
    'inspect',
    '--format',
    '{{range $port, $_ := .Config.ExposedPorts}}{{$port}} {{end}}',
    image,
  );
  return /(\d+)\/tcp/.exec(text)?.[1];
}

function isRunning(id: string): boolean {
  return docker('inspect', '--format', '{{.State.Running}}', id).text === 'true';
}

function exitCodeOf(id: string): number {
  return Number(docker('inspect', '--format', '{{.State.ExitCode}}', id).text);
}

function lastWords(id: string): string {
  const { stdout, stderr } = spawnSync('docker', ['logs', '--tail', '12', id], { encoding: 'utf8' });
  return `${stdout}${stderr}`
    .split('\n')
    .filter(Boolean)
    .map((line) => `\n| ${line.slice(0, 200)}`)
    .join('');
}

function docker(...args: readonly string[]): { readonly ok: boolean; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8' });
  return { ok: status === 0, text: (status === 0 ? stdout : stderr).trim() };
}
