import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDigest } from '../../src/core/image-name.js';
import type { Catalogue } from '../../src/sbom/catalogue.js';
import { createCatalogueReader, formatBom } from '../../src/sbom/index.js';
import { problemsOf } from '../support/cyclonedx-schema.js';
import { makeZip, manifestOf, type ZipEntries } from '../support/zip.js';

const digest = parseDigest(`sha256:${'ab'.repeat(32)}`);
const subject = {
  repository: 'registry.example.com/shop/app',
  digest,
  version: '1.5.0',
  created: '2026-01-02T03:04:05Z',
  tool: '9.9.9',
};

/** What an engine shows of an image's files. */
async function readFiles(files: Readonly<Record<string, string | Buffer>>): Promise<Catalogue> {
  const reader = createCatalogueReader();
  for (const [path, content] of Object.entries(files)) {
    const bytes = Buffer.from(content as string);
    const file = { path, size: bytes.length, executable: path.includes('bin/') };
    if (reader.wants(file)) await reader.read(file, bytes);
  }
  return reader.finish();
}

async function bomOf(files: Readonly<Record<string, string | Buffer>>) {
  const text = formatBom(await readFiles(files), subject);
  const document = JSON.parse(text);
  expect(problemsOf(document)).toEqual([]);
  return document;
}

async function purlsOf(files: Readonly<Record<string, string | Buffer>>): Promise<readonly string[]> {
  return (await bomOf(files)).components.flatMap((one: { purl?: string }) => one.purl ?? []);
}

const osRelease = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n';

test('installed npm packages are listed by name, version and licence, and manifests inside a package are not', async () => {
  const manifest = (value: object) => JSON.stringify(value);
  const document = await bomOf({
    'app/package.json': manifest({ name: 'app', version: '1.0.0' }),
    'app/node_modules/express/package.json': manifest({ name: 'express', version: '4.21.0', license: 'MIT' }),
    'app/node_modules/express/node_modules/qs/package.json': manifest({ name: 'qs', version: '6.13.0' }),
    'app/node_modules/express/test/package.json': manifest({ name: 'not-me', version: '1.0.0' }),
    'app/node_modules/@hono/node/package.json': manifest({
      name: '@hono/node',
      version: '1.0.0',
      license: 'MIT OR Apache-2.0',
    }),
    'app/node_modules/old/package.json': manifest({ name: 'old', version: '0.1.0', licenses: [{ type: 'BSD' }] }),
    'app/node_modules/.pnpm/ms@2.1.3/node_modules/ms/package.json': manifest({ name: 'ms', version: '2.1.3' }),
    'srv/node_modules/ms/package.json': manifest({ name: 'ms', version: '2.1.3' }),
  });
  const listed = document.components.map(({ purl, licenses, properties }: Record<string, unknown>) => ({
    purl,
    licenses,
    paths: (properties as { value: string }[]).map(({ value }) => value),
  }));
  expect(listed).toEqual([
    {
      purl: 'pkg:npm/%40hono/node@1.0.0',
      licenses: [{ expression: 'MIT OR Apache-2.0' }],
      paths: ['app/node_modules/@hono/node/package.json'],
    },
    {
      purl: 'pkg:npm/express@4.21.0',
      licenses: [{ license: { id: 'MIT' } }],
      paths: ['app/node_modules/express/package.json'],
    },
    {
      purl: 'pkg:npm/ms@2.1.3',
      licenses: undefined,
      paths: ['app/node_modules/.pnpm/ms@2.1.3/node_modules/ms/package.json', 'srv/node_modules/ms/package.json'],
    },
    {
      purl: 'pkg:npm/old@0.1.0',
      licenses: [{ license: { name: 'BSD' } }],
      paths: ['app/node_modules/old/package.json'],
    },
    {
      purl: 'pkg:npm/qs@6.13.0',
      licenses: undefined,
      paths: ['app/node_modules/express/node_modules/qs/package.json'],
    },
  ]);
});

test('packages of Debian, of distroless and of Alpine carry their distribution, wherever os-release stands', async () => {
  const status = [
    'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc (2.36-9)\nVersion: 2.36-9+deb12u7\nDescription: x\n Version: 1',
    'Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1.0',
  ].join('\n\n');
  expect(await purlsOf({ 'var/lib/dpkg/status': status, 'usr/lib/os-release': osRelease })).toEqual([
    'pkg:deb/debian/libc6@2.36-9+deb12u7?arch=amd64&distro=debian-12&upstream=glibc%402.36-9',
  ]);
  expect(
    await purlsOf({
      'etc/os-release': osRelease,
      'var/lib/dpkg/status.d/tzdata': 'Package: tzdata\nArchitecture: all\nVersion: 2024a\n',
      'var/lib/dpkg/status.d/tzdata.md5sums': 'Package: no\nVersion: 1\n',
    }),
  ).toEqual(['pkg:deb/debian/tzdata@2024a?arch=all&distro=debian-12']);
  const alpine = await bomOf({
    'lib/apk/db/installed':
      'C:Q1x\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\n\nP:busybox-binsh\nV:1.36.1-r29\nA:x86_64\nL:GPL-2.0-only\no:busybox\n\n',
    'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.1\nNAME="Alpine Linux"\n',
  });
  expect(alpine.components.map((one: { purl?: string; name: string }) => one.purl ?? one.name)).toEqual([
    'alpine',
    'pkg:apk/alpine/busybox-binsh@1.36.1-r29?arch=x86_64&distro=alpine-3.20.1&upstream=busybox',
    'pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1',
  ]);
});

const properties = (group: string, name: string, version: string): ZipEntries => ({
  [`META-INF/maven/${group}/${name}/pom.properties`]: `version=${version}\ngroupId=${group}\nartifactId=${name}\n`,
});

test('jars are listed by pom.properties, else by what they are known as, and so are those inside a fat jar', async () => {
  const fat = makeZip({
    ...properties('com.example', 'shop', '1.0.0'),
    'BOOT-INF/lib/guava-33.0.0.jar': makeZip(properties('com.google.guava', 'guava', '33.0.0-jre')),
    'BOOT-INF/lib/spring-core-6.2.1.jar': makeZip({
      'META-INF/MANIFEST.MF': manifestOf({ 'Implementation-Title': 'spring-core', 'Implementation-Version': '6.2.1' }),
      'org/springframework/core/Ordered.class': 'x',
    }),
  });
  const document = await bomOf({
    'app/application.jar': fat,
    'app/lib/own.jar': makeZip({
      'META-INF/MANIFEST.MF': manifestOf({ 'Implementation-Vendor-Id': 'org.own', 'Implementation-Version': '3.1' }),
    }),
    'app/lib/mystery-2.0.jar': makeZip({ 'META-INF/MANIFEST.MF': manifestOf({}), 'a/B.class': 'x' }),
    'app/lib/spring-core-1.0.jar': makeZip({ 'com/impostor/A.class': 'x' }),
  });
  const listed = document.components.map((one: Record<string, unknown>) => [
    one.purl ?? one['bom-ref'],
    (one.properties as { value: string }[])[0]?.value,
  ]);
  expect(listed).toEqual([
    ['file:app/lib/mystery-2.0.jar#mystery@2.0', 'app/lib/mystery-2.0.jar'],
    ['file:app/lib/spring-core-1.0.jar#spring-core@1.0', 'app/lib/spring-core-1.0.jar'],
    ['pkg:maven/com.example/shop@1.0.0', 'app/application.jar'],
    ['pkg:maven/com.google.guava/guava@33.0.0-jre', 'app/application.jar!/BOOT-INF/lib/guava-33.0.0.jar'],
    ['pkg:maven/org.own/own@3.1', 'app/lib/own.jar'],
    ['pkg:maven/org.springframework/spring-core@6.2.1', 'app/application.jar!/BOOT-INF/lib/spring-core-6.2.1.jar'],
  ]);
});

/** A program that has nothing but what the Go linker writes of it: texts behind the header (Go 1.18), or pointers to them. */
function goProgram(form: 'inline' | 'pointers', modules: string): Buffer {
  const marked = Buffer.from(`${'<'.repeat(16)}${modules}${'>'.repeat(16)}`);
  const version = Buffer.from('go1.17.13');
  const file = Buffer.alloc(4096);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const base = 0x400000;
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64);
  file.writeBigUInt64LE(0n, 72);
  file.writeBigUInt64LE(BigInt(base), 80);
  file.writeBigUInt64LE(4096n, 96);
  const at = 512;
  file.write('\u00ff Go buildinf:', at, 'latin1');
  file[at + 14] = 8;
  if (form === 'inline') {
    file[at + 15] = 2;
    const length = [(marked.length & 0x7f) | 0x80, marked.length >> 7];
    Buffer.concat([Buffer.from([version.length]), version, Buffer.from(length), marked]).copy(file, at + 32);
    return file;
  }
  const write = (header: number, text: Buffer, place: number) => {
    file.writeBigUInt64LE(BigInt(base + place), header);
    file.writeBigUInt64LE(BigInt(text.length), header + 8);
    text.copy(file, place);
  };
  file.writeBigUInt64LE(BigInt(base + 1024), at + 16);
  file.writeBigUInt64LE(BigInt(base + 1040), at + 24);
  write(1024, version, 1100);
  write(1040, marked, 1200);
  return file;
}

const goModules = [
  'path\texample.com/shop/cmd',
  'mod\texample.com/shop\t(devel)\t',
  'dep\tgithub.com/go-chi/chi/v5\tv5.2.1\th1:abc=',
  'dep\texample.com/old\tv1.0.0',
  '=>\texample.com/new\tv2.0.0\th1:def=',
  '',
].join('\n');

test.each(['inline', 'pointers'] as const)(
  'a Go program tells its modules, replaced ones as what they are (%s)',
  async (form) => {
    const program = goProgram(form, goModules);
    expect(await purlsOf({ 'usr/bin/shop': Buffer.concat([program, Buffer.alloc(200_000)]) })).toEqual([
      'pkg:golang/example.com/new@v2.0.0',
      'pkg:golang/example.com/shop',
      'pkg:golang/github.com/go-chi/chi/v5@v5.2.1',
      'pkg:golang/stdlib@1.17.13',
    ]);
  },
);

test('the same files in another order give the same bytes, and the digest alone makes the serial number', async () => {
  const files = Object.entries({
    'etc/os-release': osRelease,
    'a/node_modules/x/package.json': '{"name":"x","version":"1.0.0"}',
    'b/node_modules/x/package.json': '{"name":"x","version":"1.0.0"}',
    'b/node_modules/y/package.json': '{"name":"y","version":"1.0.0"}',
    'lib/z.jar': 'no zip',
    'lib/a.jar': 'no zip',
  });
  const first = formatBom(await readFiles(Object.fromEntries(files)), subject);
  const second = formatBom(await readFiles(Object.fromEntries(files.toReversed())), subject);
  expect(second).toBe(first);
  expect(JSON.parse(first)).toMatchObject({
    serialNumber: 'urn:uuid:abababab-abab-8bab-abab-abababababab',
    metadata: {
      timestamp: '2026-01-02T03:04:05.000Z',
      tools: { components: [{ name: 'slipway', version: '9.9.9' }] },
      component: {
        type: 'container',
        name: 'registry.example.com/shop/app',
        version: '1.5.0',
        hashes: [{ alg: 'SHA-256', content: 'ab'.repeat(32) }],
        purl: `pkg:oci/app@sha256:${'ab'.repeat(32)}?repository_url=registry.example.com%2Fshop%2Fapp`,
      },
    },
  });
});

/** A jar that says of one entry that it has ten bytes, and has a hundred megabytes. */
function bomb(name: string): Buffer {
  const zip = makeZip({ [name]: Buffer.alloc(10) });
  const packed = deflateRawSync(Buffer.alloc(100_000_000));
  const local = 30 + name.length;
  const old = deflateRawSync(Buffer.alloc(10)).length;
  const bytes = Buffer.concat([zip.subarray(0, local), packed, zip.subarray(local + old)]);
  bytes.writeUInt32LE(packed.length, 18);
  const central = bytes.lastIndexOf(Buffer.from('PK\u0001\u0002', 'latin1'));
  bytes.writeUInt32LE(packed.length, central + 20);
  bytes.writeUInt32LE(central, bytes.length - 6);
  return bytes;
}

test('what cannot be read is listed as not read, with the reason, and the list says that it is not whole', async () => {
  const nested = (depth: number): Buffer => makeZip({ 'in.jar': depth === 0 ? 'x' : nested(depth - 1) });
  const document = await bomOf({
    'a/node_modules/broken/package.json': '{"name": "broken", "ver',
    'a/node_modules/fine/package.json': '{"name":"fine","version":"1.0.0"}',
    'lib/bomb.jar': bomb('META-INF/maven/g/a/pom.properties'),
    'lib/cut.jar': makeZip({ a: 'x'.repeat(1000) }).subarray(0, 60),
    'lib/deep.jar': nested(6),
    'lib/slip.jar': makeZip({ '../../etc/passwd': 'x' }),
  });
  const unread = document.components
    .filter((one: { type: string }) => one.type === 'file')
    .map((one: { name: string; properties: { name: string; value: string }[] }) => [
      one.name,
      one.properties[0]?.value,
    ]);
  expect(unread).toEqual([
    ['a/node_modules/broken/package.json', expect.stringContaining('JSON')],
    ['lib/bomb.jar', expect.stringMatching(/too many bytes|unpacks to more/)],
    ['lib/cut.jar', expect.stringMatching(/central directory|End of central/i)],
    ['lib/deep.jar!/in.jar!/in.jar!/in.jar!/in.jar', 'it is nested more than 3 deep'],
    ['lib/slip.jar', expect.stringContaining('relative path')],
  ]);
  expect(document.compositions).toEqual([{ aggregate: 'incomplete', assemblies: ['image'] }]);
  expect(document.components.some((one: { purl?: string }) => one.purl === 'pkg:npm/fine@1.0.0')).toBe(true);
});

test('a file that is larger than is read is named and not asked for', () => {
  const reader = createCatalogueReader();
  expect(reader.wants({ path: 'lib/huge.jar', size: 5_000_000_000, executable: false })).toBe(false);
  expect(reader.finish().unreadable).toEqual([{ path: 'lib/huge.jar', because: 'it is larger than 400 MB' }]);
});

test('whatever bytes stand in such files, the catalogue is made and its document is valid', async () => {
  const paths = [
    'var/lib/dpkg/status',
    'lib/apk/db/installed',
    'etc/os-release',
    'a/node_modules/x/package.json',
    'lib/x.jar',
  ];
  const json = fc.json().map((text) => Buffer.from(text));
  const manifest = fc
    .record({ name: fc.anything(), version: fc.anything(), license: fc.anything() })
    .map((value) => Buffer.from(JSON.stringify(value) ?? ''));
  const fields = fc
    .array(fc.tuple(fc.constantFrom('Package', 'Version', 'P', 'V', 'L', 'ID', 'Source', 'A'), fc.string()))
    .map((pairs) => Buffer.from(pairs.map(([name, value]) => `${name}: ${value}`).join('\n')));
  const go = fc.uint8Array({ maxLength: 300 }).map((bytes) => {
    const program = goProgram('inline', 'x');
    program.set(bytes, 526);
    return program;
  });
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
    json,
    manifest,
    fields,
    go,
  );
  const zip = fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), content, { maxKeys: 3 }).map(makeZip);
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...paths, 'bin/go'), fc.oneof(content, zip)), async (files) => {
      const padded = files['bin/go']
        ? { ...files, 'bin/go': Buffer.concat([files['bin/go'], Buffer.alloc(100_001)]) }
        : files;
      await bomOf(padded);
    }),
    { numRuns: 150 },
  );
}, 60_000);
