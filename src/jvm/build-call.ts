import { Failure } from '../core/failure.js';
import { argvOf, type Facts, textOf } from '../core/project.js';
import type { BuildCall } from './build-command.js';
import { imageJava } from './builder-image.js';
import { isPlainDirectory } from './paths.js';

/** How the facts have Maven or Gradle called. Throws `detect.unsupported` for a tool, module or profile that cannot be. */
export function buildCallOf(facts: Facts): BuildCall {
  const tool = textOf(facts, 'java.build-tool');
  if (tool !== 'maven' && tool !== 'gradle') throw unsupportedFact('java.build-tool', tool, ['maven', 'gradle']);
  const module = textOf(facts, 'java.module') ?? '';
  const directory = module === '.' ? '' : module;
  if (directory !== '' && !isPlainDirectory(directory)) throw unsupportedFact('java.module', module);
  const profiles = argvOf(facts, 'java.profiles') ?? [];
  const wrong = profiles.find((name) => tool !== 'maven' || !/^[!-]?[\w.+-]{1,100}$/.test(name));
  if (wrong !== undefined) throw unsupportedFact('java.profiles', wrong);
  const jdk = imageJava(textOf(facts, 'java.jdk') ?? textOf(facts, 'java.version'));
  const vendor = tool === 'gradle' ? textOf(facts, 'java.toolchain.vendor') : undefined;
  return {
    ...(vendor !== undefined && { vendor }),
    tool,
    wrapper: facts['java.wrapper']?.value === true,
    module: directory,
    profiles,
    jdk,
  };
}

/** A fact that there is no recipe for. */
export function unsupportedFact(key: string, value: string | undefined, candidates?: readonly string[]): Failure {
  return new Failure('detect.unsupported', {
    message: `There is no recipe for ${key} ${JSON.stringify(value?.slice(0, 100) ?? '')}`,
    where: key,
    remedy: `Set ${key} to a value that Slipway can build.`,
    ...(candidates && { candidates }),
  });
}
