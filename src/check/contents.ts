import { tryParseImageReference } from '../core/image-name.js';
import { placeOf, type Rule } from './finding.js';

/** A network or volume that the template uses and does not have. */
export const missingPart: Rule = {
  name: 'missing-reference',
  about: 'A service uses a network or a volume that nothing declares.',
  find: ({ services }) =>
    services.flatMap((service) =>
      service.missing.map(({ what, name, line }) => ({
        ...placeOf(service, line),
        severity: 'error' as const,
        message: `${service.id} uses the ${what} '${name}', which nothing declares`,
        remedy: `Declare it under ${what}s, 'external: true' where it exists already.`,
      })),
    ),
};

/** What the rollout itself would refuse. */
export const refusedByTarget: Rule = {
  name: 'refused',
  about: 'The rollout would refuse this service.',
  find: ({ services }) =>
    services.flatMap((service) =>
      service.refusals.map(({ message, remedy, line }) => ({
        ...placeOf(service, line),
        severity: 'error' as const,
        message: `${service.id} cannot be rolled out: ${message}`,
        remedy: remedy ?? 'See the page of the target.',
      })),
    ),
};

/** A tag that may be another image tomorrow. */
export const mutableTag: Rule = {
  name: 'mutable-tag',
  about: 'An image without a digest whose tag moves: none, latest, a branch, a part of a version.',
  find: ({ services }) =>
    services.flatMap((service) => {
      const reference = service.image && tryParseImageReference(service.image.value);
      if (service.image === undefined || reference === undefined || reference.digest !== undefined) return [];
      if (reference.tag !== undefined && namesOneVersion(reference.tag)) return [];
      return [
        {
          ...placeOf(service, service.image.line),
          severity: 'warning' as const,
          message: `${service.id} runs ${service.image.value}: ${reference.tag === undefined ? 'no tag is latest' : `the tag '${reference.tag}' can move`}, so what a restart brings is not known`,
          remedy: 'Name a version, better with its digest; Slipway writes both.',
        },
      ];
    }),
};

/** A complete version, or a name that ends in a commit, a digest or a date. */
function namesOneVersion(tag: string): boolean {
  return /^v?\d+\.\d+\.\d+/.test(tag) || /(?:^|[._-])g?[0-9a-f]{7,40}$/.test(tag) || /\d{8}/.test(tag);
}

const secretName =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)(?:$|_(?!FILE$|PATH$|URL$|TTL$|NAME$|ID$|LENGTH$|EXPIR))/i;
const secretValue =
  /:\/\/[^\s/:@]+:[^\s/@$<{%]+@|\b(?:gh[pousr]_|glpat-|xox[abeprs]-|AKIA[0-9A-Z]{16}\b)|-----BEGIN [A-Z ]*PRIVATE KEY/;
/** A reference that somebody fills in later, or nothing at all. */
const reference = /^\s*$|\$\{?\w|\{\{|<%|%\{|%%\w|^(?:changeme|none|null|true|false|\*+)$/i;

/** A password that everybody who can read the repository has. */
export const secretInClear: Rule = {
  name: 'secret-in-clear',
  about: 'An environment variable with what looks like a password, a token or a key.',
  find: ({ services }) =>
    services.flatMap((service) =>
      service.variables
        .filter(({ name, value }) => secretValue.test(value) || (secretName.test(name) && !reference.test(value)))
        .map(({ name, line }) => ({
          ...placeOf(service, line),
          severity: 'warning' as const,
          message: `${service.id} has what looks like a secret in clear in ${name}`,
          remedy: "Hand it in by the orchestrator's own secrets, or by a file, and change it: git does not forget it.",
        })),
    ),
};
