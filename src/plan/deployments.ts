import { Failure } from '../core/failure.js';
import { formatImageReference, type ImageReference, parseDigest, type Repository } from '../core/image-name.js';
import type { DeploymentPlan, TemplateSource } from '../core/plan.js';
import type { TemplateFormat, TemplateService } from '../core/target.js';
import { matchServices } from '../core/template-services.js';

/** One file of an environment's template directory. */
export interface TemplateFile {
  readonly path: string;
  readonly text: string;
}

/** An environment as the settings describe it. */
export interface EnvironmentSettings {
  readonly name: string;
  /** Name of a target; undefined: whichever recognises the template. */
  readonly target?: string;
  /** Directory of the templates, or one template. */
  readonly path: string;
  /** The service's id in the template; undefined: found by its image. */
  readonly service?: string;
  readonly source: TemplateSource;
  /** Values that the service gets beside its image, by path. */
  readonly set?: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

interface Match {
  readonly file: TemplateFile;
  readonly format: TemplateFormat;
  readonly service: TemplateService;
}

const placeholder = parseDigest(`sha256:${'0'.repeat(64)}`);

/**
 * Find the one service of an environment that runs this image, and prove that its template can be rewritten by doing it
 * with a placeholder digest. Pure. Throws `deploy.no-template`, `deploy.no-match`, `deploy.ambiguous-match`,
 * `deploy.template-invalid`.
 */
export function planDeployment(
  environment: EnvironmentSettings,
  files: readonly TemplateFile[],
  formats: readonly TemplateFormat[],
  image: ImageReference,
): DeploymentPlan {
  const usable = formatsFor(environment, formats);
  const services = files.flatMap((file) => servicesOf(file, usable, environment.target !== undefined));
  if (services.length === 0) throw noTemplate(environment, files);
  const match = onlyMatch(environment, services, image.repository);
  const rewritten = formatImageReference({ ...image, digest: placeholder });
  match.format.rewrite(match.file.path, match.file.text, match.service.id, [
    ...Object.entries(environment.set ?? {}).map(([path, value]) => ({ path, value })),
    { path: 'image', value: rewritten },
  ]);
  return {
    environment: environment.name,
    target: match.format.name,
    source: environment.source,
    template: match.file.path,
    service: match.service.id,
    currentImage: match.service.image ?? '',
    ...(environment.set && { set: environment.set }),
    options: environment.options,
    timeoutSeconds: environment.timeoutSeconds,
  };
}

function formatsFor(environment: EnvironmentSettings, formats: readonly TemplateFormat[]): readonly TemplateFormat[] {
  if (environment.target === undefined) return formats;
  const format = formats.find((candidate) => candidate.name === environment.target);
  if (format) return [format];
  throw new Failure('settings.invalid', {
    message: `There is no deploy target '${environment.target}'`,
    where: `deploy.environments.${environment.name}.target`,
    remedy: 'Choose one of the targets that Slipway knows.',
    candidates: formats.map((candidate) => candidate.name),
  });
}

function servicesOf(file: TemplateFile, formats: readonly TemplateFormat[], chosen: boolean): readonly Match[] {
  for (const format of formats) {
    const services = format.read(file.path, file.text, chosen);
    if (services) return services.map((service) => ({ file, format, service }));
  }
  return [];
}

function onlyMatch(environment: EnvironmentSettings, services: readonly Match[], repository: Repository): Match {
  const { service } = environment;
  const found = matchServices(
    services.map((match) => ({ ...match.service, match })),
    { service, repository },
  );
  const matches = found.map(({ match }) => match);
  const [only, ...rest] = matches;
  if (only !== undefined && rest.length === 0) return only;
  const wanted =
    environment.service === undefined ? `runs the image ${repository}` : `is called '${environment.service}'`;
  const key = `deploy.environments.${environment.name}.service`;
  throw only === undefined
    ? new Failure('deploy.no-match', {
        message: `No service in the templates of '${environment.name}' ${wanted}`,
        where: environment.path,
        remedy: `Set the image of the right service to ${repository}, or name the service: ${key} in slipway.yml, or --service.`,
        candidates: services.map(describeMatch),
      })
    : new Failure('deploy.ambiguous-match', {
        message: `${matches.length} services in the templates of '${environment.name}' match: each ${wanted}`,
        where: environment.path,
        remedy: `Name the one that is meant: ${key} in slipway.yml, or --service.`,
        candidates: matches.map(describeMatch),
      });
}

function describeMatch(match: Match): string {
  return `${match.service.id} (${match.file.path}:${match.service.line}, image ${match.service.image ?? match.service.written ?? 'none'})`;
}

function noTemplate(environment: EnvironmentSettings, files: readonly TemplateFile[]): Failure {
  return new Failure('deploy.no-template', {
    message:
      files.length === 0
        ? `There are no deploy templates for '${environment.name}'`
        : `None of the ${files.length} files for '${environment.name}' is a deploy template that Slipway knows`,
    where: environment.path,
    remedy: `Put a Compose stack file, a Marathon app definition or Kubernetes manifests there, or set deploy.environments.${environment.name}.path.`,
    ...(files.length > 0 && { candidates: files.slice(0, 20).map((file) => file.path) }),
  });
}
