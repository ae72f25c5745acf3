import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import type { FactKey, FactValue, Hints } from '../../../src/core/project.js';
import { go } from '../../../src/projects/go/index.js';
import { memoryTree } from '../../support/memory-tree.js';

/** One fact's value of a module whose main package has this body. */
function valueIn(
  key: FactKey,
  body: string,
  files: Readonly<Record<string, string>> = {},
  hints: Hints = {},
): FactValue | undefined {
  const tree = { 'go.mod': 'module x\ngo 1.26\n', 'main.go': `package main\n${body}\nfunc main() {}\n`, ...files };
  return go.detect(memoryTree(tree), hints)?.facts[key]?.value;
}

describe('the port', () => {
  it.each([
    ['an address', 'func f() { http.ListenAndServe(":6767", nil) }', '6767'],
    ['an address of all interfaces', 'var a = "0.0.0.0:6767"', '6767'],
    ['a constant', 'const (\n\tname = "x"\n\tdefaultPort = 6767\n)', '6767'],
    ['a typed variable', 'var httpPort int = 6_767', '6767'],
    ['a field', 'var c = Config{Port: "6767", Host: "x"}', '6767'],
    [
      'the fallback of the environment',
      'func f() { p := os.Getenv("PORT"); if p == "" { p = "6767" }; port := "6767" }',
      '6767',
    ],
    ['the default of a lookup', 'func f() { getEnv("HTTP_PORT", "6767") }', '6767'],
    ['the default of a flag', 'func f() { flag.Int("port", 6767, "usage") }', '6767'],
    ['the default of a setting', 'func f() { viper.SetDefault("server.port", 6767) }', '6767'],
    ['a struct tag', 'type c struct { Port int `env:"PORT" envDefault:"6767"` }', '6767'],
    ['the default of a flag with a letter', 'func f() { cmd.Flags().IntP("port", "p", 6767, "usage") }', '6767'],
    ['a struct tag with an address', 'type c struct { Port string `env:"APP_PORT" envDefault:":6767"` }', '6767'],
    ['the same port twice', 'const port = 6767\nvar a = ":6767"', '6767'],
    ['two ports', 'var a, b = ":6767", ":9090"', undefined],
    ["a client's address", 'var a = "localhost:6379"', undefined],
    ["another thing's port", 'const metricsPort = 9090\nconst redisPort = "6379"', undefined],
    ['no port at all', 'const port = 0\nvar x = ":99999"', undefined],
    ['a comment', '// http.ListenAndServe(":6767", nil)', undefined],
    [
      'the one that is not for metrics',
      'func f() { go http.ListenAndServe(":9090", promhttp.Handler())\nhttp.ListenAndServe(":6767", nil) }',
      '6767',
    ],
    ["gin's default", 'import "github.com/gin-gonic/gin"\nfunc f() { gin.Default().Run() }', '8080'],
    ['a port that the system chooses', 'func f() { net.Listen("tcp", ":0") }', undefined],
    [
      'a debugger for this machine',
      'import _ "net/http/pprof"\nfunc f() { http.ListenAndServe("localhost:6060", nil) }',
      undefined,
    ],
  ])('from %s', (_title, body, expected) => {
    expect(valueIn('port', body)).toBe(expected);
  });

  it('is read from a package that the program imports, not from others or from tests', () => {
    const files = {
      'server/server.go': 'package server\nvar addr = ":7000"',
      'server/server_test.go': 'package server\nvar addr2 = ":7001"',
      'other/other.go': 'package other\nvar addr = ":7002"',
    };
    expect(valueIn('port', 'import "x/server"', files)).toBe('7000');
  });

  it('is what a person set, with the detected one rejected', () => {
    const tree = memoryTree({
      'go.mod': 'module x\ngo 1.26\n',
      'main.go': 'package main\nconst port = 6767\nfunc main() {}\n',
    });
    expect(go.detect(tree, { port: { value: '80', origin: '--port' } })?.facts.port).toEqual({
      value: '80',
      from: [{ because: 'set by --port' }],
      rejected: [{ value: '6767', file: 'main.go', line: 2, because: 'port is 6767' }],
    });
  });

  it.each(['0', '65536', 'http', '80\n'])('set to %j is refused', (value) => {
    expect(() => valueIn('port', '', {}, { port: { value, origin: '--port' } })).toThrow(
      expect.objectContaining({ code: 'settings.invalid', where: '--port' }),
    );
  });
});

describe('a port that the environment alone gives', () => {
  it.each([
    ['a variable', 'var p = os.Getenv("PORT")', 'PORT'],
    ['another variable', 'func f() { p, ok := os.LookupEnv("HTTP_PORT") }', 'HTTP_PORT'],
    ['a struct tag', 'type c struct { Port int `env:"API_PORT,required"` }', 'API_PORT'],
    ["a database's", 'var p = os.Getenv("DB_PORT")', undefined],
    ['a default', 'var p = os.Getenv("PORT")\nconst defaultPort = 9000', undefined],
  ])('by %s is set by the image', (_title, body, variable) => {
    const port = valueIn('port', body);
    expect([valueIn('go.port-variable', body), port]).toEqual([
      variable,
      variable === undefined ? (body.includes('9000') ? '9000' : undefined) : '8080',
    ]);
  });

  it('follows what a person set, where the program would listen on another', () => {
    const hints: Hints = { port: { value: '80', origin: '--port' } };
    expect(valueIn('go.port-variable', 'var p = os.Getenv("PORT")\nconst port = 9000', {}, hints)).toBe('PORT');
    expect(valueIn('go.port-variable', 'var p = os.Getenv("PORT")\nconst port = 80', {}, hints)).toBe(undefined);
  });
});

describe('an address that only the container itself reaches', () => {
  it.each([
    'func f() { http.ListenAndServe("localhost:8080", nil) }',
    'func f() { l, err := net.Listen("tcp", "127.0.0.1:8080") }',
    'var s = http.Server{Addr: "[::1]:8080"}',
    'const addr = "127.0.0.1:8080"; func f() { http.ListenAndServe(addr, nil) }',
  ])('is refused: %s', (body) => {
    expect(() => valueIn('port', body)).toThrow(
      expect.objectContaining({ code: 'detect.unsupported', where: 'main.go:2' }),
    );
  });

  it('is taken when a person says the port, or when it is a default of something else', () => {
    const body = 'func f() { http.ListenAndServe("localhost:8080", nil) }';
    expect(valueIn('port', body, {}, { port: { value: '8080', origin: '--port' } })).toBe('8080');
    expect(valueIn('port', 'func f() { redis.Dial("localhost:6379") }')).toBe(undefined);
  });
});

describe('the stop signal', () => {
  it.each([
    ['an interrupt alone', 'func f() { signal.Notify(c, os.Interrupt) }', 'SIGINT'],
    ['SIGINT alone', 'func f() { ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT) }', 'SIGINT'],
    ['both', 'func f() { signal.Notify(c, os.Interrupt, syscall.SIGTERM) }', undefined],
    [
      'both, in two places',
      'func f() { signal.Notify(c, os.Interrupt)\nsignal.Notify(c, syscall.SIGTERM) }',
      undefined,
    ],
    ['all signals', 'func f() { signal.Notify(c) }', undefined],
    ['a list', 'func f() { signal.Notify(c, append(more, os.Interrupt)...) }', undefined],
    ['none', '', undefined],
  ])('of a program that waits for %s', (_title, body, expected) => {
    expect(valueIn('go.stop-signal', body)).toBe(expected);
  });
});

describe('the arguments', () => {
  const cobra = 'import "github.com/spf13/cobra"\nfunc f() { rootCmd.Execute() }\n';
  const root = 'var rootCmd = &cobra.Command{Use: "x"}\n';
  const sub = (name: string): string => `var ${name}Cmd = &cobra.Command{Use: "${name} [flags]", RunE: run}\n`;

  it.each<readonly [title: string, body: string, expected: FactValue | undefined]>([
    ['a root that does nothing', `${cobra}${root}${sub('serve')}${sub('migrate')}`, ['serve']],
    [
      'a root that does nothing, with commands where they are added',
      `${cobra}${root}func g() { rootCmd.AddCommand(&cobra.Command{Use: "db", Run: run}, &cobra.Command{Use: "start", Run: run}) }`,
      ['start'],
    ],
    ['a root that runs', `${cobra}var rootCmd = &cobra.Command{Use: "x", Run: run}\n${sub('serve')}`, undefined],
    ['a root that is made to run', `${cobra}${root}func g() { rootCmd.RunE = run }\n${sub('serve')}`, undefined],
    [
      'functions that make commands',
      `import "github.com/spf13/cobra"
func newRoot() *cobra.Command { c := &cobra.Command{Use: "x"}\nc.AddCommand(newRun(), newDb())\nreturn c }
func newRun() *cobra.Command { return &cobra.Command{Use: "run", RunE: run} }
func newDb() *cobra.Command { d := &cobra.Command{Use: "db"}\nd.AddCommand(newUp())\nreturn d }
func newUp() *cobra.Command { return &cobra.Command{Use: "up", RunE: run} }
func f() { newRoot().Execute() }`,
      ['run'],
    ],
    [
      'an app of urfave',
      `import "github.com/urfave/cli/v2"
var app = &cli.App{Name: "x", Flags: []cli.Flag{&cli.StringFlag{Name: "web"}}, Commands: []*cli.Command{
  {Name: "server", Flags: []cli.Flag{&cli.IntFlag{Name: "http"}}, Action: run}, {Name: "db", Action: run}}}`,
      ['server'],
    ],
    [
      'an app of urfave with an action',
      `import "github.com/urfave/cli/v2"
var app = &cli.App{Action: run, Commands: []*cli.Command{{Name: "server", Action: run}}}`,
      undefined,
    ],
    ['no command line', 'func f() { x.Execute() }', undefined],
  ])('of %s', (_title, body, expected) => {
    expect(valueIn('go.args', body)).toEqual(expected);
  });

  it('are for a person to choose where no command, or more than one, is called as services are', () => {
    const none = `${cobra}${root}${sub('sync')}${sub('migrate')}`;
    const several = `${cobra}${root}${sub('serve')}${sub('web')}`;
    const refused = (candidates: readonly string[]) =>
      expect.objectContaining({ code: 'detect.ambiguous', candidates });
    expect(() => valueIn('go.args', none)).toThrow(refused(['migrate', 'sync']));
    expect(() => valueIn('go.args', several)).toThrow(refused(['serve', 'web']));
    const hints: Hints = { 'go.args': { value: ['sync', '--all'], origin: '--set' } };
    expect(valueIn('go.args', none, {}, hints)).toEqual(['sync', '--all']);
  });
});

describe('the health path', () => {
  it.each([
    ['net/http', 'func f() { http.HandleFunc("/healthz", h) }', '/healthz'],
    ['a pattern with a method', 'func f() { mux.HandleFunc("GET /health", h) }', '/health'],
    ['a pattern that ends the path', 'func f() { mux.Handle("/readyz/{$}", h) }', '/readyz'],
    ['a router', 'func f() { r.Get("/health", func(w http.ResponseWriter, r *http.Request) {}) }', '/health'],
    ['gorilla', 'func f() { r.Path("/livez").Handler(h) }', '/livez'],
    ['the best of several', 'func f() { r.GET("/ping", h)\nr.GET("/readyz", h)\nr.GET("/health", h) }', '/health'],
    [
      'a route after a group',
      'func f() { r.Route("/api", func(r chi.Router) { r.Get("/x", h) })\nr.Get("/health", h) }',
      '/health',
    ],
    ['an empty group', 'func f() { api := r.Group("/")\napi.GET("/health", h) }', '/health'],
    ['a route inside a prefix', 'func f() { r.Route("/api", func(r chi.Router) { r.Get("/health", h) }) }', undefined],
    ['a group with a prefix', 'func f() { api := r.Group("/api")\napi.GET("/health", h) }', undefined],
    ['a client', 'func f() { http.Get("/health") }', undefined],
    ['another path', 'func f() { r.GET("/healthy/people", h) }', undefined],
    ['a text', 'var s = "/health"', undefined],
  ])('from %s', (_title, body, expected) => {
    expect(valueIn('health', body)).toBe(expected);
  });

  it.each(['health', '/a b', '/a\nb'])('set to %j is refused', (value) => {
    expect(() => valueIn('health', '', {}, { health: { value, origin: '--set' } })).toThrow(
      expect.objectContaining({ code: 'settings.invalid' }),
    );
  });
});

describe('the variable for the version', () => {
  it.each([
    ['a text', 'var version = "dev"', 'main.version'],
    ['a text without a value', 'var Version string', 'main.Version'],
    ['a text in a block', 'var (\n\tcommit = "x"\n\tversion = "dev"\n)', 'main.version'],
    ['a constant', 'const version = "dev"', undefined],
    ['a constant in a block', 'const (\n\tversion = "dev"\n)', undefined],
    ['a number', 'var version = 1', undefined],
    ['a typed number', 'var version int', undefined],
    ['the answer of a function', 'var version = read()', undefined],
    ['a local', 'func f() { var version = "x" }', undefined],
    ['a function', 'func version() string { return "" }', undefined],
    ['a use after a block', 'var (\n\ta = "x"\n)\nfunc f(version string) {}', undefined],
  ])('is found in %s', (_title, body, expected) => {
    expect(valueIn('go.version-variable', body)).toBe(expected);
  });
});

describe('what the program opens by relative path', () => {
  const files = {
    'templates/a.html': '',
    'static/a.css': '',
    'public/x': '',
    'data/x': '',
    'web/ui/a.html': '',
    'config/app.yaml': '',
    'settings.toml': '',
    'lib/a.go': 'package lib',
    '.env': '',
    'cmd/x/main.go': '',
  };
  it.each<readonly [title: string, body: string, directories: FactValue | undefined, files: FactValue | undefined]>([
    ['globs', 'var t = template.Must(template.ParseGlob("templates/*.html"))', ['templates'], undefined],
    ['paths', 'var a, b = http.Dir("./static"), "file://public/x"', ['public', 'static'], undefined],
    [
      'embedded ones',
      'import "embed"\n//go:embed all:static templates/*.html\nvar fs embed.FS\nvar s, t = "static", "templates"',
      undefined,
      undefined,
    ],
    ['a source of migrations', 'var m = migrate.New("file://public/x", dsn)', ['public'], undefined],
    [
      'what Beego reads by convention',
      'import "github.com/beego/beego/v2/server/web"\nfunc f() { web.Run() }',
      ['static'],
      undefined,
    ],
    ['members of a set', 'func f() { files.Remove("assets"); files.Add("static") }', undefined, undefined],
    ['URLs', 'var a = "/static/"', undefined, undefined],
    ['ones that are not there', 'var a = "views/x.html"', undefined, undefined],
    ['a directory by a call that opens', 'var d = os.DirFS("data")', ['data'], undefined],
    ['a word that is a directory', 'var d = "data"', undefined, undefined],
    ['a joined path', 'var g = filepath.Join("web", "ui", name)', ['web/ui'], undefined],
    ['a file', 'var f, err = os.ReadFile("config/app.yaml")', undefined, ['config/app.yaml']],
    ['a file by a path alone', 'var f = "./config/app.yaml"', undefined, ['config/app.yaml']],
    ["viper's configuration", 'func f() { viper.SetConfigName("settings") }', undefined, ['settings.toml']],
    ['a package', 'var p = "./lib"', undefined, undefined],
    ['secrets of the machine', 'func f() { godotenv.Load(".env") }', undefined, undefined],
    ['paths out of the tree', 'var f, err = os.Open("../config/app.yaml")', undefined, undefined],
    ['a file inside a directory that is there', 'var a, b = os.DirFS("data"), "data/x"', ['data'], undefined],
  ])('%s', (_title, body, directories, expected) => {
    expect([valueIn('go.directories', body, files), valueIn('go.files', body, files)]).toEqual([directories, expected]);
  });

  it('is looked for beside the main package, where the root does not have it', () => {
    const tree = memoryTree({
      'go.mod': 'module x\ngo 1.26\n',
      'cmd/a/main.go': 'package main\nvar t = template.ParseGlob("templates/*")\nfunc main() {}',
      'cmd/a/templates/x.html': '',
    });
    const facts = go.detect(tree, {})?.facts;
    expect([facts?.['go.directories']?.value, facts?.['go.working-directory']?.value]).toEqual([
      ['templates'],
      'cmd/a',
    ]);
  });

  it('is not what another directory embeds under the same name', () => {
    const embedding = { 'web/web.go': 'package web\n//go:embed static\nvar F embed.FS', 'web/static/b.css': '' };
    const body = 'import "x/web"\nvar d = http.Dir("static")';
    expect(valueIn('go.directories', body, { ...files, ...embedding })).toEqual(['static']);
  });
});

describe('what the program embeds', () => {
  const files = {
    'dist/.gitkeep': '',
    'dist/assets/app.js': '',
    'empty/.gitkeep': '',
    'sql/001_init.up.sql': '',
    'web/package.json': '{}',
  };
  function refusal(pattern: string, imports = 'import "embed"'): unknown {
    try {
      return valueIn('go.main', `${imports}\n//go:embed ${pattern}\nvar f embed.FS`, files);
    } catch (error) {
      return error instanceof Failure ? { code: error.code, where: error.where, remedy: error.remedy } : error;
    }
  }

  it.each([
    'dist',
    'dist/*',
    'all:empty',
    'empty/*',
    'empty/.gitkeep',
    'sql/*.up.sql',
    '"sql/0[0-9]?_*.sql" dist',
    './dist',
  ])('is there for %s', (pattern) => {
    expect(refusal(pattern)).toBe('.');
  });

  it.each(['build/*', 'empty', 'dist/*.html', 'sql/*.down.sql', 'sql dist/x'])(
    'is missing for %s, which go would say after the download',
    (pattern) => {
      expect(refusal(pattern)).toEqual({
        code: 'detect.unsupported',
        where: 'main.go:3',
        remedy:
          'web/package.json looks like the front end that makes them: build it first, so that they are in the tree and not ignored by git when Slipway runs; or name another program with --set go.main=./DIR.',
      });
    },
  );

  it('is nothing without an import of embed: the line is a comment then', () => {
    expect(refusal('build/*', '')).toBe('.');
  });

  it('is compared in linear time with a hostile pattern', () => {
    const pattern = `dist/${'*a'.repeat(90)}b`;
    expect(refusal(pattern)).toMatchObject({ code: 'detect.unsupported' });
  });
});
