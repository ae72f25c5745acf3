import { Failure } from '../../core/failure.js';
import { type Fact, fact, type Hints, type Rejected } from '../../core/project.js';
import { directoryOfImport, type Modules } from './modules.js';
import type { Program } from './program.js';

/** Modules whose packages are C behind Go: without cgo they do not compile, or fail when they are called. */
const cgoModules = [
  'github.com/mattn/go-sqlite3',
  'gorm.io/driver/sqlite',
  'github.com/mutecomm/go-sqlcipher',
  'github.com/confluentinc/confluent-kafka-go',
  'github.com/godror/godror',
  'github.com/marcboeker/go-duckdb',
  'github.com/duckdb/duckdb-go',
  'github.com/tecbot/gorocksdb',
  'github.com/linxGnu/grocksdb',
  'github.com/DataDog/zstd',
  'github.com/valyala/gozstd',
  'github.com/google/gopacket/pcap',
  'github.com/pebbe/zmq4',
  'github.com/h2non/bimg',
  'github.com/davidbyttow/govips',
  'github.com/libgit2/git2go',
  'github.com/smacker/go-tree-sitter',
  'github.com/tree-sitter/go-tree-sitter',
  'github.com/bytecodealliance/wasmtime-go',
  'github.com/wasmerio/wasmer-go',
  'gocv.io/x/gocv',
  'rogchap.com/v8go',
];

/**
 * Whether the program needs C: it imports "C" in a file that has no way around it, or a module known to be C behind Go.
 * A known module that is only required, for example by a dependency's test, is a rejected answer.
 */
export function detectCgo(modules: Modules, program: Program, hints: Hints): Fact {
  const detected = programCgo(modules, program);
  const hint = hints['go.cgo'];
  if (!hint) return detected;
  const value = hint.value === true || hint.value === 'true';
  if (!value && hint.value !== false && hint.value !== 'false') {
    throw new Failure('settings.invalid', {
      message: `go.cgo is '${String(hint.value).slice(0, 40)}'`,
      where: hint.origin,
      remedy: 'Write true or false.',
    });
  }
  const other =
    detected.value === value ? [] : [{ value: detected.value, ...detected.from[0], because: because(detected) }];
  return fact(value, { because: `set by ${hint.origin}` }, other);
}

function because(detected: Fact): string {
  return detected.from[0]?.because ?? 'detected';
}

function programCgo(modules: Modules, program: Program): Fact {
  for (const { file, imports } of program.files) {
    for (const { path, line } of imports) {
      if (path === 'C') return fact(true, { file, line, because: 'import "C"' });
      if (directoryOfImport(modules, path) !== undefined) continue;
      if (knownModule(path)) return fact(true, { file, line, because: `imports ${path}, which is C behind Go` });
    }
  }
  return fact(
    false,
    { because: 'the program imports neither "C" nor a module known to need it' },
    requiredOnly(modules),
  );
}

function requiredOnly(modules: Modules): readonly Rejected[] {
  return modules.main.flatMap(({ file, content }) =>
    content.requires
      .filter(({ path }) => knownModule(path))
      .map(({ path, line, indirect }) => ({
        value: true,
        file,
        line,
        because: `${path} is required${indirect ? ' indirectly' : ''}, but the program does not import it`,
      })),
  );
}

function knownModule(path: string): boolean {
  return cgoModules.some((known) => path === known || path.startsWith(`${known}/`));
}
