import type { DeploymentJournal, JournalEntry } from '../../src/core/deployment-journal.js';
import { Failure, type FailureCode } from '../../src/core/failure.js';
import type { DeploymentPlan } from '../../src/core/plan.js';
import { silentProgress } from '../../src/core/progress.js';
import type { AppliedRollout, Orchestrator, TemplateFormat } from '../../src/core/target.js';
import type { DeploymentRecord, LandedIntent, TemplateIntent, TemplateStore } from '../../src/core/template-store.js';
import type { DeploySite } from '../../src/run/deploy-release.js';

/** Stand-ins for git, an orchestrator and this machine: each has its state in plain sight, and fails where a test tells it to. */
export interface FakeWorld {
  /** The one template, a line a service: `web=image`. */
  text: string;
  readonly records: { record: DeploymentRecord; text: string }[];
  /** What the orchestrator runs, by service. */
  readonly live: Map<string, string>;
  /** What was asked of the orchestrator, in order. */
  readonly calls: string[];
  readonly journals: Map<string, JournalEntry>;
  readonly held: Set<string>;
  /** Thrown when the named call is made: `apply web`, `watch web`, `undo web`, `observe web`, `land web`, `note`. */
  readonly fails: Map<string, Error>;
  /** What the service's own URL answers. */
  health: (() => { status: number; body: string } | { error: string }) | undefined;
  readonly warnings: string[];
  clock: number;
  readonly abort: AbortController;
}

export function makeWorld(services: Readonly<Record<string, string>>): FakeWorld {
  return {
    text: Object.entries(services)
      .map(([service, image]) => `${service}=${image}\n`)
      .join(''),
    records: [],
    live: new Map(Object.entries(services)),
    calls: [],
    journals: new Map(),
    held: new Set(),
    fails: new Map(),
    health: undefined,
    warnings: [],
    clock: 0,
    abort: new AbortController(),
  };
}

export const failureOf = (code: FailureCode, message: string = code): Failure => new Failure(code, { message });

export function planOf(world: FakeWorld, service: string, more: Partial<DeploymentPlan> = {}): DeploymentPlan {
  return {
    environment: 'prod',
    target: 'fake',
    source: { in: 'repository', url: 'git.example.com/deploy' },
    template: 'prod.txt',
    service,
    currentImage: imageOf(world.text, service) ?? '',
    options: {},
    timeoutSeconds: 60,
    ...more,
  };
}

function imageOf(text: string, service: string): string | undefined {
  return new RegExp(`^${service}=(.*)$`, 'm').exec(text)?.[1];
}

const format: TemplateFormat = {
  name: 'fake',
  title: 'A stand-in',
  read: (_path, text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line, index) => ({ id: line.split('=')[0] ?? '', image: line.split('=')[1] ?? '', line: index + 1 })),
  rewrite: (_path, text, service, edits) => {
    const image = edits.find(({ path }) => path === 'image')?.value ?? '';
    return { text: text.replace(new RegExp(`^${service}=.*$`, 'm'), `${service}=${image}`), changes: [] };
  },
};

export interface FakeOptions {
  /** A target that cannot undo or be asked yet. */
  readonly bare?: boolean;
  readonly guard?: DeploySite['guard'];
}

export function siteOf(world: FakeWorld, options: FakeOptions = {}): DeploySite {
  return {
    openStore: async () => storeOf(world),
    formats: [format],
    openOrchestrator: async () => orchestratorOf(world, options.bare === true),
    openJournal: async (plan) => journalOf(world, plan.service),
    ...(options.guard && { guard: options.guard }),
    ask: async () => world.health?.() ?? { error: 'connection refused' },
    now: () => world.clock,
    pause: async (milliseconds, signal) => {
      signal.throwIfAborted();
      world.clock += milliseconds;
    },
  };
}

export function contextOf(world: FakeWorld) {
  return {
    progress: { ...silentProgress, warn: (text: string) => world.warnings.push(text) },
    signal: world.abort.signal,
  };
}

function failAt(world: FakeWorld, call: string): void {
  world.calls.push(call);
  const error = world.fails.get(call);
  if (error) throw error;
}

function orchestratorOf(world: FakeWorld, bare: boolean): Orchestrator {
  const acting: Orchestrator = {
    name: 'fake',
    check: () => {},
    apply: async ({ plan: { service }, image }): Promise<AppliedRollout> => {
      const before = world.live.get(service);
      failAt(world, `apply ${service} ${image}`);
      if (before === image) return { change: 'unchanged', reference: {} };
      world.live.set(service, image);
      const change = before === undefined ? 'created' : 'updated';
      return { change, reference: {}, ...(before !== undefined && !bare && { before }) };
    },
    watch: async ({ plan: { service }, image }, applied) => {
      failAt(world, `watch ${service} ${image}`);
      return { outcome: applied.change === 'unchanged' ? 'nothing-to-do' : 'succeeded', evidence: '1/1 running' };
    },
  };
  if (bare) return acting;
  return {
    ...acting,
    undo: async ({ plan: { service } }, { before }) => {
      failAt(world, `undo ${service}`);
      world.live.set(service, String(before));
      return { outcome: 'succeeded', evidence: `${String(before)} runs again` };
    },
    observe: async ({ service }) => {
      const error = world.fails.get(`observe ${service}`);
      if (error) throw error;
      const image = world.live.get(service);
      return image === undefined ? undefined : { images: [image], running: 1, wanted: 1, state: 'steady' };
    },
  };
}

function storeOf(world: FakeWorld): TemplateStore {
  return {
    read: async () => [{ path: 'prod.txt', text: world.text }],
    apply: (intent) => land(world, intent),
    history: async ({ service, limit }) =>
      world.records
        .map(({ record }) => record)
        .filter((record) => service === undefined || record.service === service)
        .reverse()
        .slice(0, limit),
    readAt: async (id) => {
      const at = world.records.findIndex(({ record }) => id.startsWith(record.commit));
      return id.endsWith('^') ? world.records[at - 1]?.text : world.records[at]?.text;
    },
    note: async (id, ended) => {
      const error = world.fails.get('note');
      if (error) throw error;
      const at = world.records.findIndex(({ record }) => record.commit === id);
      const found = world.records[at];
      if (found) world.records[at] = { ...found, record: { ...found.record, ...ended } };
    },
    close: async () => {},
  };
}

async function land(world: FakeWorld, intent: TemplateIntent): Promise<LandedIntent> {
  const { deployment } = intent;
  const error = world.fails.get(`land ${deployment.service} ${deployment.image}`);
  if (error) throw error;
  const before = world.text;
  const text = intent.rewrite(before);
  if (text === before) return { text, before };
  const image = intent.currentImage(before);
  const newest = world.records.findLast(({ record }) => record.service === deployment.service)?.record;
  const order = await intent.guard?.({ image, newest });
  if (order !== 'newer' && image !== intent.expectedImage) throw failureOf('deploy.superseded', `it has ${image}`);
  const commit = String(world.records.length + 1)
    .repeat(40)
    .slice(0, 40);
  const { ended, ...facts } = deployment;
  const record: DeploymentRecord = {
    at: '2026-01-01T00:00:00Z',
    author: 'Somebody',
    template: intent.path,
    pinned: false,
    ...facts,
    ...ended,
    commit,
  };
  world.text = text;
  world.records.push({ record, text });
  return { text, before, commit, record: commit };
}

function journalOf(world: FakeWorld, service: string): DeploymentJournal {
  if (world.held.has(service)) throw new Error(`the journal of ${service} is held twice`);
  world.held.add(service);
  let last: JournalEntry | undefined;
  return {
    found: world.journals.get(service),
    get last() {
      return last;
    },
    write: async (entry) => {
      last = JSON.parse(JSON.stringify(entry));
      world.journals.set(service, JSON.parse(JSON.stringify(entry)));
    },
    remove: async () => {
      world.journals.delete(service);
    },
    release: async () => {
      world.held.delete(service);
    },
  };
}
