import type { Secret } from '../core/secret.js';

/** What a registry is shown. */
export interface Credential {
  /** Host as the engine names it, or Docker Hub's key. */
  readonly registry: string;
  /** Where it came from: `auths of ~/.docker/config.json`, `docker-credential-pass`. */
  readonly origin: string;
  readonly login?: { readonly username: string; readonly password: Secret };
  readonly identityToken?: Secret;
  readonly registryToken?: Secret;
}

/** What was found for a registry, and where it was looked for. */
export interface CredentialSearch {
  /** Undefined: none, so anonymous. */
  readonly credential: Credential | undefined;
  /** Every place that was asked before, in order. */
  readonly looked: readonly string[];
}

/** Where credentials are looked for and how registries are reached. Nothing else is read. */
export interface Surroundings {
  /** `DOCKER_AUTH_CONFIG`, and `PATH` for helpers. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Docker's client configuration, usually `~/.docker`. */
  readonly dockerConfigDirectory: string;
  /** Waits between the attempts of a request, in milliseconds; each is drawn between 0 and the value given here. */
  readonly retryDelays?: readonly number[];
  /** What the settings and the command line say of registries; asked when a registry is. */
  readonly registries?: () => Promise<RegistryAccess>;
}

/** What the settings and the command line say of registries. */
export interface RegistryAccess {
  readonly plainHttp: readonly string[];
  readonly skipTlsVerify: readonly string[];
  /** Absolute path of a file of certificates. */
  readonly caFile?: string;
  /** Logins that were stated for one registry, the first first. */
  readonly logins: readonly StatedLogin[];
  /** What a person is told where a login could have been stated. */
  readonly statedIn: readonly string[];
}

export interface StatedLogin {
  /** `host[:port]`; undefined: Docker Hub. */
  readonly registry: string | undefined;
  /** `--username`. */
  readonly origin: string;
  readonly username: string;
  readonly password: Secret;
}

/** What holds where nobody says anything. */
export const usualAccess: RegistryAccess = { plainHttp: [], skipTlsVerify: [], logins: [], statedIn: [] };

/** What one place has for a registry; `places`: what to call it where it has nothing. */
export interface Found {
  readonly credential?: Credential | undefined;
  readonly places: readonly string[];
}

/** The value of `X-Registry-Auth`: base64url with padding, as the engine decodes it; never empty, since a push without it is refused. */
export function registryAuth(credential: Credential | undefined): { readonly base64: string } {
  const auth = credential && {
    serveraddress: credential.registry,
    ...(credential.login && { username: credential.login.username, password: credential.login.password.reveal() }),
    ...(credential.identityToken && { identitytoken: credential.identityToken.reveal() }),
    ...(credential.registryToken && { registrytoken: credential.registryToken.reveal() }),
  };
  const base64 = Buffer.from(JSON.stringify(auth ?? {})).toString('base64');
  return { base64: base64.replaceAll('+', '-').replaceAll('/', '_') };
}
