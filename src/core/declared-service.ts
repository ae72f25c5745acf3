/** A value of a template and its place. */
export interface Located<T> {
  readonly value: T;
  /** 1-based. */
  readonly line: number;
}

/** A port that a service takes for itself. */
export interface DeclaredPort {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** `host`: on the machine an instance runs on, so that two there exclude each other; `service`: in the whole environment (Marathon's servicePort, Swarm's ingress, a Kubernetes nodePort). */
  readonly scope: 'host' | 'service';
  readonly line: number;
}

/** What a template says of one service, in words that all targets share; what it leaves open, or fills in by a placeholder, is undefined. */
export interface DeclaredService {
  /** Name of the target. */
  readonly target: string;
  readonly id: string;
  /** Path of the template. */
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly image?: Located<string>;
  /** How many run at once; `everywhere`: one on every node. */
  readonly instances?: number | 'everywhere';
  /** Processors reserved for one instance. */
  readonly cpus?: number;
  /** Bytes reserved for one instance. */
  readonly memory?: number;
  readonly ports: readonly DeclaredPort[];
  /** Of the instances, how many keep running while they are replaced; undefined: the target's default leaves room. */
  readonly keptWhileUpdating?: Located<number>;
  /** Networks and volumes that it uses and nothing declares. */
  readonly missing: readonly { readonly what: 'network' | 'volume'; readonly name: string; readonly line: number }[];
  /** Environment variables with a literal value. */
  readonly variables: readonly { readonly name: string; readonly value: string; readonly line: number }[];
  /** Why this service could not be rolled out at all, in the target's own words. */
  readonly refusals: readonly { readonly message: string; readonly remedy?: string; readonly line: number }[];
}

/** Reads what a target's templates declare. Pure. */
export interface TemplateReader {
  readonly target: string;
  /** Undefined: not a template of this target. Throws `deploy.template-invalid` when it is one, and broken. */
  declare(path: string, text: string): readonly DeclaredService[] | undefined;
}
