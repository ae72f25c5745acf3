/** What detection knows of a project, as far as its first deploy template needs it. */
export interface StarterFacts {
  /** Name of the service: `[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*`. */
  readonly name: string;
  /** `repository:tag`; a deployment replaces it. */
  readonly image: string;
  /** Undefined: no port is known. */
  readonly port?: number;
  /** HTTP path that answers when the service is well. */
  readonly health?: string;
  /** MiB. */
  readonly memory: number;
}

/** Writes the first deploy template of a target. Pure. */
export interface TemplateStarter {
  readonly target: string;
  /** It is of use only to what listens on a port: `render` is given one. */
  readonly needsPort?: boolean;
  /** Name of the file that `render` makes. */
  readonly fileName: (name: string) => string;
  readonly render: (facts: StarterFacts) => string;
  /** Settings of the environment without which this target cannot roll out, with an example. */
  readonly needs: Readonly<Record<string, string>>;
}
