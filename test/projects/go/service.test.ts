import { describe, expect, it } from 'vitest';
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
    ['the same port twice', 'const port = 6767\nvar a = ":6767"', '6767'],
    ['two ports', 'var a, b = ":6767", ":9090"', undefined],
    ["a client's address", 'var a = "localhost:6379"', undefined],
    ["another thing's port", 'const metricsPort = 9090\nconst redisPort = "6379"', undefined],
    ['no port at all', 'const port = 0\nvar x = ":99999"', undefined],
    ['a comment', '// http.ListenAndServe(":6767", nil)', undefined],
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

describe('directories that the program opens', () => {
  const files = { 'templates/a.html': '', 'static/a.css': '', 'public/x': '', 'data/x': '' };
  it.each([
    ['globs', 'var t = template.Must(template.ParseGlob("templates/*.html"))', ['templates']],
    ['paths', 'var a, b = http.Dir("./static"), "file://public/x"', ['public', 'static']],
    [
      'embedded ones',
      '//go:embed all:static templates/*.html\nvar fs embed.FS\nvar s, t = "static", "templates"',
      undefined,
    ],
    ['URLs', 'var a = "/static/"', undefined],
    ['ones that are not there', 'var a = "views/x.html"', undefined],
  ])('by %s', (_title, body, expected) => {
    expect(valueIn('go.directories', body, files)).toEqual(expected);
  });
});
