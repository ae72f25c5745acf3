/** A value that prints as `***` wherever it is printed, serialised or inspected. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; call it where it is handed to the one who needs it, and nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  /** Node's `util.inspect` asks this registered symbol; named so that `core` needs no Node module. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***';
  }
}
