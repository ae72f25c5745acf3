import { type Instruction, type ParsedDockerfile, parseDockerfileWhole } from './parse.js';
import { knownKeywords } from './shape.js';

/** Something in a Dockerfile that a reviewer would send back. */
export interface Finding {
  /** `[a-z-]+`, stable. */
  readonly rule: string;
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

interface Stage {
  readonly from: Instruction;
  readonly instructions: readonly Instruction[];
}

type Rule = (file: ParsedDockerfile, stages: readonly Stage[]) => readonly Finding[];

/** Findings in the order of their lines; empty when there is nothing to say. A text that is no Dockerfile is one finding. */
export function lintDockerfile(text: string): readonly Finding[] {
  try {
    const file = parseDockerfileWhole(text);
    const stages = splitStages(file.instructions);
    return rules.flatMap((rule) => rule(file, stages)).sort((a, b) => a.line - b.line);
  } catch (error) {
    if (error instanceof SyntaxError) return [{ rule: 'syntax', line: 1, message: error.message }];
    throw error;
  }
}

function splitStages(instructions: readonly Instruction[]): readonly Stage[] {
  return instructions.flatMap((from, index) => {
    if (from.keyword !== 'FROM') return [];
    const rest = instructions.slice(index + 1);
    const next = rest.findIndex((instruction) => instruction.keyword === 'FROM');
    return [{ from, instructions: next < 0 ? rest : rest.slice(0, next) }];
  });
}

function finding(rule: string, at: Instruction, message: string): Finding {
  return { rule, line: at.line, message };
}

/** Every instruction a test holds for, as findings. */
function findWhere(rule: string, message: string, test: (instruction: Instruction) => boolean): Rule {
  return (file) => file.instructions.filter(test).map((instruction) => finding(rule, instruction, message));
}

function lastOf(stage: Stage | undefined, keyword: string): Instruction | undefined {
  return stage?.instructions.findLast((instruction) => instruction.keyword === keyword);
}

function findStructure(file: ParsedDockerfile, stages: readonly Stage[]): readonly Finding[] {
  const first = file.instructions.find((instruction) => instruction.keyword !== 'ARG');
  if (stages.length > 0 && first?.keyword === 'FROM') return [];
  return [{ rule: 'from-first', line: first?.line ?? 1, message: 'A Dockerfile begins with FROM.' }];
}

function findDirectives(file: ParsedDockerfile): readonly Finding[] {
  return file.directives
    .filter((directive) => directive.name !== 'check')
    .map((directive) => ({
      rule: 'no-directive',
      line: directive.line,
      message: `# ${directive.name}= makes the build fetch a frontend or read the file differently; leave it out.`,
    }));
}

function findUser(_file: ParsedDockerfile, stages: readonly Stage[]): readonly Finding[] {
  const last = stages.at(-1);
  if (!last) return [];
  const user = lastOf(last, 'USER');
  if (!user) return [finding('user-numeric', last.from, 'The final stage has no USER: the image may run as root.')];
  if (/^[1-9][0-9]*(?::[0-9]+)?$/.test(user.args)) return [];
  return [finding('user-numeric', user, `USER ${user.args} is not a numeric user other than root.`)];
}

function findEntrypoint(_file: ParsedDockerfile, stages: readonly Stage[]): readonly Finding[] {
  const last = stages.at(-1);
  if (!last || lastOf(last, 'ENTRYPOINT') || lastOf(last, 'CMD')) return [];
  return [finding('entrypoint', last.from, 'The final stage has neither ENTRYPOINT nor CMD.')];
}

function findBases(file: ParsedDockerfile, stages: readonly Stage[]): readonly Finding[] {
  const defaults = new Map(
    file.instructions.filter(({ keyword }) => keyword === 'ARG').map(({ args }) => splitAssignment(args)),
  );
  const names = new Set<string>();
  return stages.flatMap(({ from }) => {
    const [written = '', , name] = from.args.split(/\s+/);
    const image = written.replace(/\$\{?(\w+)\}?/g, (whole, variable: string) => defaults.get(variable) ?? whole);
    const isStage = names.has(image);
    if (name !== undefined) names.add(name);
    if (isStage || image === 'scratch' || image.includes('@sha256:') || image.includes('$')) return [];
    const tag = /:([^:/]+)$/.exec(image)?.[1];
    return tag === undefined || tag === 'latest'
      ? [finding('base-tagged', from, `${image} has no tag that stays the same; name a version.`)]
      : [];
  });
}

function splitAssignment(text: string): [string, string] {
  const [, name = text, value = ''] = /^(\w+)=?(.*)$/.exec(text) ?? [];
  return [name, value.replace(/^"(.*)"$/, '$1')];
}

const secretName = /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIALS?)(?:_|$)/i;

function hasSecretName({ keyword, args }: Instruction): boolean {
  if (keyword !== 'ARG' && keyword !== 'ENV') return false;
  const names = args.includes('=')
    ? [...args.matchAll(/([\w.-]+)=/g)].map((match) => match[1] ?? '')
    : args.split(/\s/, 1);
  return names.some((name) => secretName.test(name));
}

const requiredLabels = ['org.opencontainers.image.title', 'org.opencontainers.image.version'];

function findLabels(_file: ParsedDockerfile, stages: readonly Stage[]): readonly Finding[] {
  const last = stages.at(-1);
  if (!last) return [];
  const labels = last.instructions.filter(({ keyword }) => keyword === 'LABEL').map(({ args }) => args);
  return requiredLabels
    .filter((label) => !labels.some((args) => args.includes(`${label}=`) || args.includes(`"${label}"=`)))
    .map((label) => finding('labels', last.from, `The final stage has no label ${label}.`));
}

function findWholeContext(_file: ParsedDockerfile, stages: readonly Stage[]): readonly Finding[] {
  return (stages.at(-1)?.instructions ?? [])
    .filter(
      ({ keyword, flags, args }) =>
        keyword === 'COPY' && /^\.\/?\s/.test(args) && !flags.some((flag) => flag.startsWith('--from')),
    )
    .map((copy) => finding('copy-whole-context', copy, 'The final stage copies the whole context; copy what runs.'));
}

function leavesPackageCache({ keyword, args, flags, json }: Instruction): boolean {
  if (keyword !== 'RUN') return false;
  const command = json?.join(' ') ?? args;
  const cached = flags.some((flag) => flag.startsWith('--mount=') && flag.includes('type=cache'));
  if (/\bapk\s+(?:-\S+\s+)*add\b/.test(command)) return !cached && !command.includes('--no-cache');
  if (/\bapt(?:-get)?\s+(?:-\S+\s+)*install\b/.test(command)) return !cached && !command.includes('/var/lib/apt/lists');
  if (/\b(?:yum|dnf|microdnf)\s+(?:-\S+\s+)*install\b/.test(command))
    return !cached && !/\bclean\s+all\b/.test(command);
  return false;
}

function exposesNoPort({ keyword, args }: Instruction): boolean {
  if (keyword !== 'EXPOSE') return false;
  return args.split(/\s+/).some((word) => {
    if (word.includes('$')) return false;
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(?:tcp|udp|sctp))?$/i.exec(word) ?? [];
    return first === undefined || Number(first) < 1 || Number(last) > 65_535 || Number(first) > Number(last);
  });
}

const rules: readonly Rule[] = [
  findStructure,
  findDirectives,
  findUser,
  findEntrypoint,
  findBases,
  findLabels,
  findWholeContext,
  findWhere('known-instruction', 'Not an instruction of a Dockerfile.', ({ keyword }) => !knownKeywords.has(keyword)),
  findWhere(
    'exec-form',
    'Write it as a JSON list: in shell form a shell is process 1 and the program never gets the stop signal.',
    ({ keyword, json, args }) => (keyword === 'ENTRYPOINT' || keyword === 'CMD') && json === undefined && args !== '',
  ),
  findWhere(
    'no-add-url',
    'ADD of a URL has no checksum and no cache; fetch it in a build stage.',
    ({ keyword, args }) => keyword === 'ADD' && /(?:^|[\s"[])(?:https?|ftp|git):\/\//i.test(args),
  ),
  findWhere('expose-port', 'EXPOSE takes ports from 1 to 65535, with /tcp, /udp or /sctp.', exposesNoPort),
  findWhere('no-secrets', 'A secret in ARG or ENV stays in the image; use a mount.', hasSecretName),
  findWhere('no-package-cache', "The package manager's cache stays in the layer.", leavesPackageCache),
];
