import { Failure } from '../../core/failure.js';
import { type Fact, fact, type Hints } from '../../core/project.js';
import { lineAt } from './port.js';
import type { SourceFile } from './sources.js';

/** Where a call that listens is given the loopback's address, or a variable whose default that is. */
interface Loopback {
  readonly file: string;
  readonly line: number;
  readonly variable?: string;
}

const loopback = `['"\`](?:localhost|127\\.0\\.0\\.1|::1)['"\`]`;
const fromEnv = `process\\.env(?:\\.|\\[['"])([A-Za-z_]\\w{0,60})(?:['"]\\])?\\s{0,4}(?:\\|\\||\\?\\?)\\s{0,4}${loopback}`;

/** A call that listens, up to its first function, semicolon or 300 characters. */
const listening = /(?:\.listen|\bserve)\(((?:(?!=>|\bfunction\b)[^;]){0,300})/g;

/**
 * The fact `node.host-variable`: the variable that the image sets to 0.0.0.0 because the service would else listen on the
 * loopback alone. Throws `detect.unsupported` where the sources say the loopback in a literal, or Fastify is given no host
 * (https://fastify.dev/docs/latest/Reference/Server/#listen): nobody outside of the container would reach it.
 */
export function detectHost(
  sources: readonly SourceFile[],
  framework: string | undefined,
  hints: Hints,
): Fact | undefined {
  const found = sources.flatMap((source) => loopbacksIn(source, framework === 'fastify'));
  const [first] = found;
  const variable = found.find((one) => one.variable !== undefined);
  if (variable?.variable !== undefined) {
    const because = `${variable.variable} is read, and without it the service listens on the loopback`;
    return fact(variable.variable, { file: variable.file, line: variable.line, because });
  }
  if (!first || hints['node.start'] || hints['node.host-variable']) return undefined;
  throw new Failure('detect.unsupported', {
    message: 'The service listens on the loopback only: nobody outside of its container would reach it',
    where: `${first.file}:${first.line}`,
    remedy:
      "Let it listen on '0.0.0.0', or on process.env.HOST; or set node.host-variable to the variable that its address comes from; or, if it is meant so, set node.start.",
  });
}

function loopbacksIn({ path: file, text }: SourceFile, isFastify: boolean): readonly Loopback[] {
  const named = namesIn(text);
  const needsHost = isFastify && /['"]fastify['"]/.test(text);
  return [...text.matchAll(listening)].flatMap((match): readonly Loopback[] => {
    const call = match[1] ?? '';
    const place = { file, line: lineAt(text, match.index + 1) };
    const variable = new RegExp(fromEnv).exec(call)?.[1];
    if (variable !== undefined) return [{ ...place, variable }];
    for (const [name, from] of named) {
      if (!new RegExp(`(?<![\\w$.])${name}(?![\\w$:])`).test(call)) continue;
      return [{ ...place, ...(from !== '' && { variable: from }) }];
    }
    if (new RegExp(`(?:,|\\bhost(?:name)?['"]?:)\\s{0,20}${loopback}`).test(call)) return [place];
    const options = needsHost && /^\s{0,20}\{([^{}]*)\}/.exec(call)?.[1];
    return typeof options === 'string' && !/\bhost\b|\bpath\b|\.\.\./.test(options) ? [place] : [];
  });
}

/** Constants that hold the loopback's address, with the variable of the environment that goes before it or ''. */
function namesIn(text: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const declared = new RegExp(
    `\\b(?:const|let|var)\\s{1,4}([A-Za-z_]\\w{0,40})(?:\\s{0,4}:\\s{0,4}string)?\\s{0,4}=\\s{0,4}(?:${fromEnv}|${loopback})`,
    'g',
  );
  for (const match of text.matchAll(declared)) names.set(match[1] ?? '', match[2] ?? '');
  const unpacked = new RegExp(
    `\\b([A-Z][A-Z_]{0,40})\\s{0,4}=\\s{0,4}${loopback}[^{}]{0,200}\\}\\s{0,4}=\\s{0,4}process\\.env\\b`,
  );
  const found = unpacked.exec(text)?.[1];
  if (found !== undefined) names.set(found, found);
  return names;
}
