import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeError, Failure } from '../core/failure.js';

/** Text of a file that another stage wrote. Throws `settings.plan-file`. */
export function readHandOver(file: string, name: string): string {
  try {
    return readFileSync(resolve(file), 'utf8');
  } catch (error) {
    throw new Failure('settings.plan-file', {
      message: `The ${name} file cannot be read: ${describeError(error)}`,
      where: file,
      remedy: `Write it first: slipway ${name === 'plan' ? 'preview' : name === 'image' ? 'build' : 'push'} --out ${file}`,
      cause: error,
    });
  }
}
