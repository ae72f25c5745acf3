import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describeError, Failure } from '../core/failure.js';
import { Secret } from '../core/secret.js';
import { isKeyItself } from '../settings/settings-text.js';
import type { SigningKey } from '../supply-chain/keys.js';
import type { World } from './world.js';

/** Who signs what is pushed. */
export type Signer =
  | { readonly by: 'nobody' }
  | { readonly by: 'slipway'; readonly key: SigningKey }
  /** `key`: what cosign takes for `--key`; undefined: it signs without one, with an identity of the CI. */
  | { readonly by: 'cosign'; readonly key?: string; readonly environment: Readonly<Record<string, Secret>> };

/** What the settings and the environment choose. Throws `settings.invalid` for a key that cannot be used: before anything is pushed. */
export async function chooseSigner(world: World): Promise<Signer> {
  const { key: path, with: chosen } = (await world.settings()).values.sign;
  const variable = world.environment.SLIPWAY_SIGN_KEY;
  const inVariable = isKeyItself(variable) ? new Secret(variable) : undefined;
  const given = world.environment.SLIPWAY_SIGN_PASSWORD;
  const password = given === undefined || given === '' ? undefined : new Secret(given);
  if (chosen === 'cosign') {
    const key = inVariable ? 'env://SLIPWAY_SIGN_KEY' : path && resolve(world.root, path);
    return {
      by: 'cosign',
      ...(key !== undefined && { key }),
      environment: {
        // Without it cosign would ask on the terminal.
        COSIGN_PASSWORD: password ?? new Secret(''),
        ...(inVariable && { SLIPWAY_SIGN_KEY: inVariable }),
      },
    };
  }
  if (inVariable === undefined && path === undefined) {
    if (chosen === 'auto') return { by: 'nobody' };
    throw new Failure('settings.invalid', {
      message: 'Images are to be signed, and there is no key',
      where: 'sign.key',
      remedy: 'Name its file in sign.key, or put the key itself into the variable SLIPWAY_SIGN_KEY.',
    });
  }
  const { readSigningKey } = await import('../supply-chain/keys.js');
  const where = inVariable ? 'SLIPWAY_SIGN_KEY' : (path ?? '');
  const pem = inVariable ?? (await readKeyFile(resolve(world.root, where), where));
  return { by: 'slipway', key: await readSigningKey(pem, password, where) };
}

async function readKeyFile(file: string, where: string): Promise<Secret> {
  try {
    return new Secret(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new Failure('settings.invalid', {
      message: `The key cannot be read: ${describeError(cause)}`,
      where,
      remedy: 'Name a readable file in sign.key, or put the key itself into the variable SLIPWAY_SIGN_KEY.',
      cause,
    });
  }
}
