/** Where a run reports what it is doing. stdout is for results: a progress never writes there. */
export interface Progress {
  /** A stage or a long step begins: `build  maven:3.9-eclipse-temurin-17`. */
  step(title: string): void;
  /** One line of output of a command or a container, without its line end. */
  output(line: string): void;
  /** A counter that replaces its predecessor: `push 12.3/40.1 MB`. Shown on a terminal; otherwise at most every few seconds. */
  status(text: string): void;
  /** Something that worked and that a person wants to know. */
  info(text: string): void;
  /** Something that a person should change, though the run goes on. */
  warn(text: string): void;
}

/** A progress that says nothing. */
export const silentProgress: Progress = {
  step() {},
  output() {},
  status() {},
  info() {},
  warn() {},
};
