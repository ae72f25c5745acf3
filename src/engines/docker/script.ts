import type { Output, Step } from '../../core/recipe.js';

/** Paths of the builder container's contract. */
export const inside = {
  work: '/slipway/work',
  sources: '/slipway/src',
  outputs: '/slipway/out',
  secrets: '/slipway/secrets',
  /** Directory that exists in no image, made by the archive that carries the script. */
  home: '/slipway/run',
} as const;

/** Name of the token in the output directory. */
export const probeFile = '.slipway-probe';

export interface MountProbe {
  /** Content of the token that was put into the output directory. */
  readonly token: string;
  /** Source files, and the SHA-256 of their contents in a row. */
  readonly files: readonly string[];
  readonly sha256: string;
}

export interface ScriptPlan {
  readonly steps: readonly Step[];
  readonly outputs: readonly Output[];
  /** `ln -s` from the place where a client looks to the file it is given. */
  readonly links: readonly { readonly from: string; readonly to: string }[];
  /** How to know that the mounts show the host's disk; undefined where nothing of it is mounted. */
  readonly probe?: MountProbe;
  /** Whether there is any source file. */
  readonly sources: boolean;
  /** Whether a name has a line end in it: only GNU tar and the shell can copy such. */
  readonly oddNames: boolean;
}

/** A word that POSIX sh takes literally, whatever is in it. */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** How the script speaks to us among a build's output: lines that begin so, with a nonce that no output can guess. */
export function markOf(nonce: string): string {
  return `\u001eslipway:${nonce} `;
}

/**
 * The POSIX sh script that is a builder's only process: working copy of exactly the listed files, steps, outputs. It
 * reports by marks: `foreign`, `step N`, `failed PHASE CODE`, `missing N`, `there NAME`, `df LINE`, `done`.
 */
export function renderScript(plan: ScriptPlan, nonce: string): string {
  return [
    preamble(nonce),
    plan.probe === undefined ? '' : probeLines(plan.probe),
    ...plan.links.map(({ from, to }) => linkLine(from, to)),
    plan.sources ? copySources(plan.oddNames) : '',
    ...plan.steps.map(stepLines),
    "mark 'outputs'",
    `cd ${inside.work} || stop outputs $?`,
    'missing=0',
    ...plan.outputs.map(outputLine),
    '[ "$missing" = 0 ] || exit 1',
    plan.probe === undefined ? '' : `chown -hR "$owner" ${inside.outputs}/. || stop outputs $?`,
    "mark 'done'",
    '',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** `stop` measures the disks while the failed command's files are still there; the host decides what "full" means. */
function preamble(nonce: string): string {
  return `umask 022
exec 3>&1
mark() { printf '\\036slipway:${nonce} %s\\n' "$*" >&3; }
disks() { df -P -k 2>/dev/null | while IFS= read -r line; do mark "df $line"; done; }
stop() { mark "failed $1 $2"; disks; exit "$2"; }
take() { # 1: type, 2: from, 3: to, 4: index, 5: optional or not
  target="${inside.outputs}/$3"
  if [ "$1" = file ] && [ -f "$2" ]; then
    mkdir -p "\${target%/*}" && cp -p "$2" "$target" || stop outputs $?
  elif [ "$1" = directory ] && [ -d "$2" ]; then
    mkdir -p "$target" && cp -a "$2/." "$target/" || stop outputs $?
  elif [ "$5" = optional ] && [ ! -e "$2" ]; then
    mkdir -p "$target" || stop outputs $?
  else
    missing=1
    mark "missing $4"
    around="$2"
    while [ ! -d "$around" ]; do around="\${around%/*}"; done
    mark "around $around"
    ls -A "$around" | head -n 20 | while IFS= read -r name; do mark "there $name"; done
  fi
}
mkdir -p ${inside.work} ${inside.outputs} || stop prepare $?`;
}

/**
 * The token's owner is the caller as this container's user namespace shows it: what is given to that owner belongs to
 * the caller on the host. Where it cannot be given away (`userns-remap`), streaming works.
 */
function probeLines({ token, files, sha256 }: MountProbe): string {
  const names = files.map((file) => quoteWord(`./${file}`)).join(' ');
  const content =
    files.length === 0
      ? ''
      : `if command -v sha256sum >/dev/null 2>&1; then
  case "$(cd ${inside.sources} && cat ${names} 2>/dev/null | sha256sum)" in ${sha256}*) ;; *) foreign ;; esac
fi
`;
  return `foreign() { mark foreign; exit 0; }
[ "$(cat ${inside.outputs}/${probeFile} 2>/dev/null)" = ${token} ] || foreign
${content}set -- $(ls -nd ${inside.outputs}/${probeFile})
owner="$3:$4"
chown "$owner" ${inside.outputs}/${probeFile} && rm ${inside.outputs}/${probeFile} || foreign`;
}

function linkLine(from: string, to: string): string {
  const directory = from.slice(0, from.lastIndexOf('/')) || '/';
  return `mkdir -p ${quoteWord(directory)} && ln -sfn ${quoteWord(to)} ${quoteWord(from)} || stop prepare $?`;
}

/** GNU tar takes any name; busybox's takes lines; without either the shell copies file by file. */
function copySources(oddNames: boolean): string {
  const byLines = oddNames
    ? ''
    : `  *busybox*) { tar -cf - -T ${inside.home}/files.lines || mark "failed sources $?"; } | tar -xf - -o -C ${inside.work} || stop sources $? ;;\n`;
  return `cd ${inside.sources} || stop sources $?
case "$(tar --version 2>/dev/null)" in
  *GNU*) { tar -cf - --null --no-recursion -T ${inside.home}/files || mark "failed sources $?"; } | tar -xpf - --no-same-owner -C ${inside.work} || stop sources $? ;;
${byLines}  *) . ${inside.home}/copy.sh || stop sources $? ;;
esac`;
}

/** The file-by-file copy for images without tar. */
export function renderCopyScript(files: readonly string[]): string {
  const copy = `copy() { case "$1" in */*) mkdir -p "${inside.work}/\${1%/*}" ;; esac && cp -pP "./$1" "${inside.work}/$1"; }`;
  return [copy, ...files.map((file) => `copy ${quoteWord(file)} || stop sources $?`), ''].join('\n');
}

function stepLines(step: Step, index: number): string {
  const command = 'argv' in step ? step.argv.map(quoteWord).join(' ') : step.script.join(' && ');
  return `mark 'step ${index}'\n( cd ${inside.work} && ${command}\n) || stop step $?`;
}

function outputLine(output: Output, index: number): string {
  const from = output.from === '.' ? '.' : `./${output.from}`;
  const optional = output.optional ? 'optional' : 'required';
  return `take ${output.type} ${quoteWord(from)} ${quoteWord(output.to)} ${index} ${optional}`;
}
