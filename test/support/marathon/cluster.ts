import { randomUUID } from 'node:crypto';
import {
  type ContainerBehaviour,
  checksOf,
  fixedPortsOf,
  healthAt,
  imageOf,
  instancesOf,
  type Json,
  readinessOf,
  resourcesOf,
  setInstances,
  strategyOf,
  type Task,
  type Workload,
  withAppDefaults,
  withPodDefaults,
} from './workload.js';

/** A machine that tasks run on. */
export interface Agent {
  readonly host: string;
  readonly cpus: number;
  readonly mem: number;
}

interface Action {
  readonly action: string;
  readonly kind: Workload['kind'];
  readonly id: string;
}

export interface Deployment {
  readonly id: string;
  readonly version: string;
  readonly steps: readonly (readonly Action[])[];
  /** What the workloads were before; undefined: not there. */
  readonly original: ReadonlyMap<string, { readonly kind: Workload['kind']; readonly definition: Json } | undefined>;
  readonly force: boolean;
  current: number;
  /** Virtual time from which it is listed and does something. */
  readonly launchesAt: number;
}

/** One definition that is to be in force; undefined: it is to be removed. */
export interface Change {
  readonly kind: Workload['kind'];
  readonly id: string;
  readonly definition: Json | undefined;
}

export interface ClusterEvent {
  readonly eventType: string;
  readonly [key: string]: unknown;
}

/** An accepted change. */
export interface Accepted {
  readonly version: string;
  readonly deploymentId: string;
}

/**
 * Marathon's deployments as a state machine on a virtual clock: a definition is stored when it is accepted; its deployment is
 * listed later, rolls tasks over within the upgrade strategy and what the agents can hold, and vanishes whether it
 * succeeded, failed, was cancelled or superseded.
 */
export class MarathonCluster {
  readonly workloads = new Map<string, Workload>();
  readonly deployments: Deployment[] = [];
  readonly behaviours = new Map<string, ContainerBehaviour>();
  agents: readonly Agent[] = ['a', 'b', 'c'].map((name) => ({ host: `agent-${name}`, cpus: 16, mem: 16_384 }));
  /** Virtual milliseconds until an accepted deployment is listed; ten times that where others are cancelled first. */
  listedAfter = 100;
  now = 0;
  #lastVersion = 0;
  readonly #listeners = new Set<(event: ClusterEvent) => void>();

  listen(listener: (event: ClusterEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ids of the deployments that hold one of these. */
  locksOf(ids: readonly string[]): readonly Deployment[] {
    return this.deployments.filter((each) => ids.some((id) => each.original.has(id)));
  }

  listed(): readonly Deployment[] {
    return this.deployments.filter((each) => each.launchesAt <= this.now);
  }

  /** The steps from what is stored to what is wanted; none where nothing would change. */
  plan(changes: readonly Change[]): readonly (readonly Action[])[] {
    return changes.map((change) => this.#planOne(change)).filter((step) => step.length > 0);
  }

  /** Store definitions and begin their deployment. An empty plan keeps every version and is over at once. */
  accept(changes: readonly Change[], force: boolean): Accepted {
    const version = this.#nextVersion();
    const id = randomUUID();
    const steps = this.plan(changes);
    if (steps.length === 0) {
      this.#emit({ eventType: 'deployment_success', id });
      return { version, deploymentId: id };
    }
    const touched = changes.filter((change) => this.#planOne(change).length > 0);
    const conflicts = this.locksOf(touched.map((change) => change.id));
    for (const conflict of conflicts) this.#end(conflict, 'deployment_failed');
    const original = new Map(
      touched.map(({ id: each }) => {
        const stored = this.workloads.get(each);
        return [each, stored && { kind: stored.kind, definition: stored.definition }] as const;
      }),
    );
    for (const change of touched) this.#store(change, version);
    const delay = conflicts.length > 0 ? this.listedAfter * 10 : this.listedAfter;
    this.deployments.push({ id, version, steps, original, force, current: 0, launchesAt: this.now + delay });
    return { version, deploymentId: id };
  }

  /** Cancel: with `force` it just ends; otherwise a new deployment puts back what was. Undefined: there is no such. */
  cancel(id: string, force: boolean): Accepted | 'stopped' | undefined {
    const deployment = this.deployments.find((each) => each.id === id);
    if (deployment === undefined) return undefined;
    if (force) {
      this.#end(deployment, 'deployment_failed');
      return 'stopped';
    }
    const changes = [...deployment.original].map(([each, was]) => ({
      kind: was?.kind ?? this.workloads.get(each)?.kind ?? 'app',
      id: each,
      definition: was?.definition,
    }));
    return this.accept(changes, true);
  }

  /** Time goes on, in steps of 100 ms. */
  advance(milliseconds: number): void {
    const until = this.now + milliseconds;
    while (this.now < until) {
      this.now = Math.min(until, this.now + 100);
      this.#tick();
    }
  }

  timestamp(at = this.now): string {
    return new Date(Date.UTC(2026, 0, 1) + at).toISOString();
  }

  /** Whether a task runs, is ready, and every declared check says it is alive. */
  isWell(workload: Workload, task: Task): boolean {
    if (task.runningAt === undefined) return false;
    if (readinessOf(workload) !== undefined && task.behaviour.ready === false) return false;
    const checks = checksOf(workload);
    const results = healthAt(task, checks, this.now);
    return results.length === checks && results.every(Boolean);
  }

  #planOne({ kind, id, definition }: Change): readonly Action[] {
    const stored = this.workloads.get(id);
    const suffix = kind === 'app' ? 'Application' : 'Pod';
    if (definition === undefined) return stored === undefined ? [] : [{ action: `Stop${suffix}`, kind, id }];
    const wanted = withDefaults({ kind, id, definition });
    if (stored === undefined) {
      return [
        { action: `Start${suffix}`, kind, id },
        { action: `Scale${suffix}`, kind, id },
      ];
    }
    if (isSame(stored.definition, wanted)) return [];
    const scaled = setInstances(stored.definition, kind, instancesOf({ ...stored, definition: wanted }));
    return [{ action: `${isSame(scaled, wanted) ? 'Scale' : 'Restart'}${suffix}`, kind, id }];
  }

  #store({ kind, id, definition }: Change, version: string): void {
    const stored = this.workloads.get(id);
    if (definition === undefined) {
      if (stored !== undefined) stored.definition = setInstances(stored.definition, kind, 0);
      return;
    }
    const wanted = withDefaults({ kind, id, definition });
    if (stored === undefined) {
      this.workloads.set(id, {
        kind,
        id,
        definition: wanted,
        version,
        lastConfigChangeAt: version,
        lastScalingAt: version,
        versions: new Map([[version, wanted]]),
        tasks: [],
        ended: [],
        delayUntil: 0,
        failuresInRow: 0,
        offers: { processed: 0, rejected: new Map() },
      });
      return;
    }
    const scaled = setInstances(stored.definition, kind, instancesOf({ ...stored, definition: wanted }));
    const onlyScaled = isSame(scaled, wanted);
    Object.assign(stored, {
      definition: wanted,
      version,
      ...(onlyScaled ? { lastScalingAt: version } : { lastConfigChangeAt: version, delayUntil: 0, failuresInRow: 0 }),
    });
    stored.versions.set(version, wanted);
    stored.offers = { processed: 0, rejected: new Map() };
  }

  #tick(): void {
    for (const workload of this.workloads.values()) this.#ageTasks(workload);
    for (const deployment of [...this.listed()]) this.#proceed(deployment);
    for (const workload of this.workloads.values()) {
      if (this.locksOf([workload.id]).length > 0) continue;
      if (workload.tasks.length < instancesOf(workload)) this.#launch(workload);
    }
  }

  #ageTasks(workload: Workload): void {
    for (const task of [...workload.tasks]) {
      const { startsAfter = 500, exits } = task.behaviour;
      if (task.runningAt === undefined && this.now >= task.createdAt + startsAfter) {
        task.runningAt = this.now;
        this.#emit({
          eventType: 'status_update_event',
          appId: workload.id,
          taskId: task.id,
          taskStatus: 'TASK_RUNNING',
        });
      }
      if (exits !== undefined && task.runningAt !== undefined && this.now >= task.runningAt + exits.after) {
        this.#fail(workload, task, exits.message);
      }
    }
  }

  #fail(workload: Workload, task: Task, message: string): void {
    workload.tasks = workload.tasks.filter((each) => each !== task);
    workload.failuresInRow++;
    workload.delayUntil = this.now + 1000 * 1.15 ** workload.failuresInRow;
    const at = this.timestamp();
    workload.failure = {
      appId: workload.id,
      host: task.host,
      message,
      state: 'TASK_FAILED',
      taskId: task.id,
      timestamp: at,
      version: task.version,
      slaveId: `${task.host}-S0`,
    };
    workload.ended.unshift({
      instanceID: task.id,
      startedAt: this.timestamp(task.createdAt),
      terminatedAt: at,
      message,
    });
    this.#emit({ eventType: 'status_update_event', appId: workload.id, taskId: task.id, taskStatus: 'TASK_FAILED' });
  }

  #proceed(deployment: Deployment): void {
    const step = deployment.steps[deployment.current];
    if (step === undefined) {
      this.#end(deployment, 'deployment_success');
      return;
    }
    if (step.map((action) => this.#act(action)).every(Boolean)) {
      deployment.current++;
      this.#emit({ eventType: 'deployment_step_success', plan: { id: deployment.id } });
      if (deployment.current >= deployment.steps.length) this.#end(deployment, 'deployment_success');
    }
  }

  #act({ action, id }: Action): boolean {
    const workload = this.workloads.get(id);
    if (workload === undefined || action.startsWith('Start')) return true;
    if (action.startsWith('Stop')) return this.workloads.delete(id);
    return action.startsWith('Scale') ? this.#scale(workload) : this.#replace(workload);
  }

  #scale(workload: Workload): boolean {
    const wanted = instancesOf(workload);
    if (workload.tasks.length > wanted) workload.tasks = workload.tasks.slice(0, wanted);
    if (workload.tasks.length < wanted) this.#launch(workload);
    return workload.tasks.filter((task) => this.isWell(workload, task)).length >= wanted;
  }

  #replace(workload: Workload): boolean {
    const wanted = instancesOf(workload);
    const { minimum, over } = strategyOf(workload);
    const leastWell = Math.ceil(wanted * minimum);
    const most = Math.max(Math.floor(wanted * (1 + over)), leastWell === wanted ? wanted + 1 : wanted);
    const isOld = (task: Task): boolean => task.version < workload.lastConfigChangeAt;
    for (const task of workload.tasks.filter(isOld)) {
      const well = workload.tasks.filter((each) => this.isWell(workload, each)).length;
      if (!this.isWell(workload, task) || well - 1 >= leastWell)
        workload.tasks = workload.tasks.filter((each) => each !== task);
    }
    const current = workload.tasks.filter((task) => !isOld(task));
    if (current.length < wanted && workload.tasks.length < most) this.#launch(workload);
    const well = current.filter((task) => this.isWell(workload, task)).length;
    return well >= wanted && current.length === workload.tasks.length;
  }

  /** One task on the first agent that can hold it; the others' reasons go into the queue's summary. */
  #launch(workload: Workload): void {
    if (this.now < workload.delayUntil) return;
    const { cpus, mem } = resourcesOf(workload);
    const fixedPorts = fixedPortsOf(workload);
    const all = [...this.workloads.values()].flatMap((each) => each.tasks);
    for (const agent of this.agents) {
      const there = all.filter((task) => task.host === agent.host);
      const used = (key: 'cpus' | 'mem'): number => there.reduce((sum, task) => sum + task[key], 0);
      workload.offers.processed++;
      const reason =
        used('mem') + mem > agent.mem
          ? 'InsufficientMemory'
          : used('cpus') + cpus > agent.cpus
            ? 'InsufficientCpus'
            : there.some((task) => task.fixedPorts.some((port) => fixedPorts.includes(port)))
              ? 'InsufficientPorts'
              : undefined;
      if (reason === undefined) {
        const name = workload.id.slice(1).replaceAll('/', '_');
        workload.tasks.push({
          id: `${name}.instance-${randomUUID()}`,
          version: workload.version,
          host: agent.host,
          fixedPorts,
          cpus,
          mem,
          behaviour: this.behaviours.get(imageOf(workload)) ?? {},
          createdAt: this.now,
        });
        workload.offers.rejected.clear();
        return;
      }
      workload.offers.rejected.set(reason, (workload.offers.rejected.get(reason) ?? 0) + 1);
    }
  }

  #end(deployment: Deployment, eventType: string): void {
    const index = this.deployments.indexOf(deployment);
    if (index < 0) return;
    this.deployments.splice(index, 1);
    this.#emit({ eventType, id: deployment.id });
  }

  #nextVersion(): string {
    this.#lastVersion = Math.max(this.now, this.#lastVersion + 1);
    return this.timestamp(this.#lastVersion);
  }

  #emit(event: ClusterEvent): void {
    for (const listener of this.#listeners) listener({ timestamp: this.timestamp(), ...event });
  }
}

function withDefaults({ kind, id, definition }: Change): Json {
  return kind === 'app' ? withAppDefaults(definition ?? {}, id) : withPodDefaults(definition ?? {}, id);
}

function isSame(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([left], [right]) => (left < right ? -1 : 1)))
      : each,
  );
}
