/** What a project is: the values that detection returns. */

/** A fact's value: a text, a flag, or an argv. */
export type FactValue = string | boolean | readonly string[];

/** The facts that Slipway knows. Versions are the major (`21`, `22`) or, for Go, `1.24`. */
export type FactKey =
  | 'java.version'
  | 'java.build-tool'
  | 'java.wrapper'
  | 'java.module'
  | 'java.distribution'
  | 'java.output'
  | 'java.task'
  | 'java.classifier'
  | 'java.jdk'
  | 'java.options'
  | 'java.profiles'
  | 'java.default-profiles'
  | 'java.toolchain'
  | 'java.toolchain.vendor'
  | 'java.main'
  | 'java.artifact'
  | 'java.jar'
  | 'java.arguments'
  | 'java.files'
  | 'java.cds'
  | 'spring-boot.version'
  | 'spring-boot.release'
  | 'node.version'
  | 'node.package-manager'
  | 'node.package-manager.version'
  | 'node.package-manager.exact'
  | 'node.lockfile'
  | 'node.lockfile.frozen'
  | 'node.linker'
  | 'node.registry-variables'
  | 'node.compiled'
  | 'node.openssl'
  | 'node.generate'
  | 'node.browser'
  | 'node.checked-in-cache'
  | 'node.install-files'
  | 'node.workspace'
  | 'node.members'
  | 'node.framework'
  | 'node.build'
  | 'node.build-before'
  | 'node.start'
  | 'node.init'
  | 'node.host-variable'
  | 'go.version'
  | 'go.main'
  | 'go.cgo'
  | 'go.vendored'
  | 'go.local-modules'
  | 'go.module'
  | 'go.module-files'
  | 'go.checksums'
  | 'go.version-variable'
  | 'go.directories'
  | 'go.files'
  | 'go.working-directory'
  | 'go.port-variable'
  | 'go.stop-signal'
  | 'go.args'
  | 'port'
  | 'health';

/** Where a fact came from. */
export interface Evidence {
  /** Path inside the project, with `/`; a setting's origin (`slipway.yml`, `--set`) where a person decided. Absent for a default. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** One clause a person can check: `<java.version> is 17`. */
  readonly because: string;
}

/** Something that was found and not used. */
export interface Rejected extends Evidence {
  readonly value: FactValue;
}

/** One fact, its evidence, and what was found and not used. */
export interface Fact {
  readonly value: FactValue;
  readonly from: readonly Evidence[];
  readonly rejected: readonly Rejected[];
}

export type Facts = Readonly<Partial<Record<FactKey, Fact>>>;

/** One kind's answer: this is mine, and here is what I know of it. */
export interface Detection {
  /** The project's own name for itself (module path's last element, artifactId, package name), not yet sanitised. */
  readonly name: string;
  readonly facts: Facts;
  /** How strong the claim is. A server manifest outranks a helper's: `package.json` beside `pom.xml` is often a front end. */
  readonly claim: 'primary' | 'secondary';
  /** The file that decided. */
  readonly because: Evidence;
}

/** A kind that also matched, and why it was not taken. */
export interface OtherKind {
  readonly kind: string;
  readonly file?: string;
  readonly because: string;
}

/** A detected project: the value every later stage starts from. */
export interface Project {
  readonly kind: string;
  /** Sanitised: usable as a repository path component and a service name. */
  readonly name: string;
  readonly facts: Facts;
  readonly others: readonly OtherKind[];
}

/** What a person fixed in the settings; a hint always wins over detection and becomes the fact's evidence. */
export type Hints = Readonly<Partial<Record<FactKey, { readonly value: FactValue; readonly origin: string }>>>;

/**
 * Make a fact. The first evidence decides; `rejected` lists what was found and not used.
 */
export function fact(value: FactValue, from: Evidence | readonly Evidence[], rejected: readonly Rejected[] = []): Fact {
  return { value, from: Array.isArray(from) ? (from as readonly Evidence[]) : [from as Evidence], rejected };
}

/** A fact's value as text; undefined when the fact is not known or is not a text. */
export function textOf(facts: Facts, key: FactKey): string | undefined {
  const value = facts[key]?.value;
  return typeof value === 'string' ? value : undefined;
}

/** A fact's value as an argv; undefined when the fact is not known or is not an argv. */
export function argvOf(facts: Facts, key: FactKey): readonly string[] | undefined {
  const value = facts[key]?.value;
  return Array.isArray(value) ? (value as readonly string[]) : undefined;
}
