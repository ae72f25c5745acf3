/**
 * The web server for sites that are only files: written beside the site in the build, it needs nothing but Node. Its rules
 * and why it is ours: docs/decisions/0006-static-server.md.
 *
 * `node static-server.mjs SITE [--fallback FILE]… [--base /PATH/]` answers GET and HEAD on PORT (8080). Only files that were in the
 * site when it started are ever read. `a` is also `a.html`, `a/` is `a/index.html`. A path without a file gets the first
 * fallback that is there, unless it asks for an asset; else the site's `404.html`, with status 404. SIGTERM lets running
 * answers end, for 5 s.
 *
 * `node static-server.mjs SITE --compress` writes `.gz` and `.br` files beside what they make smaller.
 */
const source = String.raw`
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, readdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { pipeline } from "node:stream";
import { parseArgs } from "node:util";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
const text = { type: "string" };
const options = { base: { ...text, default: "/" }, fallback: { ...text, multiple: true, default: [] }, compress: { type: "boolean" } };
const { values, positionals } = parseArgs({ allowPositionals: true, options });
const root = realpathSync(positionals[0]);
const base = values.base.replace(/\/*$/, "/");
const types = {
  __proto__: null, html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8", json: "application/json", map: "application/json", txt: "text/plain; charset=utf-8",
  md: "text/markdown; charset=utf-8", csv: "text/csv; charset=utf-8", vtt: "text/vtt; charset=utf-8", xml: "application/xml",
  rss: "application/rss+xml", atom: "application/atom+xml", webmanifest: "application/manifest+json", wasm: "application/wasm",
  pdf: "application/pdf", zip: "application/zip", gz: "application/gzip", svg: "image/svg+xml", png: "image/png",
  jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", avif: "image/avif", ico: "image/x-icon",
  woff: "font/woff", woff2: "font/woff2", ttf: "font/ttf", otf: "font/otf", eot: "application/vnd.ms-fontobject",
  mp3: "audio/mpeg", ogg: "audio/ogg", wav: "audio/wav", m4a: "audio/mp4", mp4: "video/mp4", webm: "video/webm",
};
const endingOf = (key) => /[^/]\.([^./]+)$/.exec(key)?.[1].toLowerCase();
const files = new Map();
const isOwn = (path) => statSync(path, { throwIfNoEntry: false })?.isFile() && realpathSync(path).startsWith(root + "/");
const addFiles = (directory, url) => {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = directory + "/" + entry.name;
    if (entry.name.startsWith(".") && entry.name !== ".well-known") continue;
    if (entry.isDirectory()) addFiles(path, url + entry.name + "/");
    else if (isOwn(path)) files.set(url + entry.name, { key: url + entry.name, path, size: statSync(path).size });
  }
};
addFiles(root, "/");
const compress = ({ key, path, size }) => {
  if (size < 1024 || !/^(text|application\/(json|xml|rss|atom|manifest|wasm)|image\/svg)/.test(types[endingOf(key)] ?? "")) return;
  const plain = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: size };
  for (const [ending, packed] of [["gz", gzipSync(plain, { level: 9 })], ["br", brotliCompressSync(plain, { params })]]) {
    if (packed.length < size && !files.has(key + "." + ending)) writeFileSync(path + "." + ending, packed);
  }
};
const hashed = [
  /^\/(_next\/static|_app\/immutable|_astro|_nuxt)\//,
  /\.[0-9a-f]{8,32}\.(chunk\.)?\w+$/,
  /^\/(.*\/)?assets\/.*[-.](?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{8,10}\.\w+$/,
  /-(?=[A-Z0-9]*\d)[A-Z0-9]{8}\.(js|css)$/,
];
const etagOf = async (file) => {
  const hash = createHash("sha256");
  if (!file.etag) for await (const chunk of createReadStream(file.path)) hash.update(chunk);
  return (file.etag ??= JSON.stringify(hash.digest("base64url").slice(0, 22)));
};
const page = (key) => files.get(key + (key.endsWith("/") ? "index.html" : ".html")) ?? (key.endsWith("/") && files.get(key.slice(0, -1) + ".html"));
const isAsset = (key, { headers }) => {
  const ending = endingOf(key);
  return key.includes("/.") || (ending !== undefined && (ending in types || !/text\/html/.test(headers.accept ?? "")));
};
const fallback = values.fallback.map((name) => files.get("/" + name)).find((file) => file);
const rangeOf = ({ headers }, etag, size) => {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "") ?? [];
  if (first === undefined || first + last === "" || (headers["if-range"] ?? etag) !== etag) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  return { start, end: first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1) };
};
const encoded = (plain, { headers }) => {
  const variants = ["br", "gz"].flatMap((ending) => files.get(plain.key + "." + ending) ?? []);
  const accepted = new Map((headers["accept-encoding"] ?? "").split(",").map((one) => (one + ";").split(";").map((part) => part.trim())));
  const fits = ({ key }) => !/^q=0(\.0*)?$/.test(accepted.get(key.endsWith(".br") ? "br" : "gzip") ?? "q=0");
  return { file: (headers.range === undefined && variants.find(fits)) || plain, varies: variants.length > 0 };
};
const send = async (request, response, status, plain) => {
  const { file, varies } = encoded(plain, request);
  const etag = await etagOf(file);
  const headers = {
    "content-type": types[endingOf(plain.key)] ?? "application/octet-stream", "x-content-type-options": "nosniff", etag,
    "cache-control": hashed.some((one) => one.test(plain.key)) ? "public, max-age=31536000, immutable" : "no-cache",
    ...(varies && { vary: "accept-encoding" }), ...(status === 200 && { "accept-ranges": "bytes" }),
  };
  const known = (request.headers["if-none-match"] ?? "").split(",").map((one) => one.trim().replace(/^W\//, ""));
  if (status === 200 && (known.includes(etag) || known.includes("*"))) return response.writeHead(304, headers).end();
  if (file !== plain) headers["content-encoding"] = file.key.endsWith(".br") ? "br" : "gzip";
  const range = status === 200 ? rangeOf(request, etag, file.size) : undefined;
  if (range && range.start > range.end) return response.writeHead(416, { "content-range": "bytes */" + file.size }).end();
  if (range) headers["content-range"] = "bytes " + range.start + "-" + range.end + "/" + file.size;
  headers["content-length"] = range ? range.end - range.start + 1 : file.size;
  response.writeHead(range ? 206 : status, headers);
  if (request.method === "HEAD" || file.size === 0) return response.end();
  pipeline(createReadStream(file.path, range), response, () => {});
};
const answer = async (request, response) => {
  if (request.method !== "GET" && request.method !== "HEAD") return response.writeHead(405, { allow: "GET, HEAD" }).end();
  const [written, ...query] = request.url.split("?");
  const below = (written + "/").startsWith(base) ? "/" + written.slice(base.length) : written;
  const parts = below.split("/").map(decodeURIComponent);
  const key = parts.some((part) => part.includes("/")) ? "\0" : parts.join("/");
  const found = files.get(key) ?? page(key);
  if (found) return send(request, response, 200, found);
  const search = query.length > 0 ? "?" + query.join("?") : "";
  const location = "./" + written.slice(written.lastIndexOf("/") + 1) + "/" + search;
  if (files.has(key + "/index.html")) return response.writeHead(301, { location }).end();
  if (fallback && !isAsset(key, request)) return send(request, response, 200, fallback);
  const missing = files.get("/404.html");
  if (missing) return send(request, response, 404, missing);
  response.writeHead(404, { "content-type": types.txt }).end(request.method === "HEAD" ? "" : "not found\n");
};
const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    if (!response.headersSent) response.writeHead(error instanceof URIError ? 400 : 500);
    response.end();
  });
});
const stop = () => {
  server.close();
  setTimeout(() => server.closeAllConnections(), 5000).unref();
};
if (values.compress) for (const file of [...files.values()]) compress(file);
else {
  server.listen(Number(process.env.PORT || 8080));
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, stop);
}
`;

export const staticServer = {
  /** Path below the application's directory. */
  path: '.slipway/static-server.mjs',
  /** Its source, line by line; no line holds a single quote, so that a script step can write it. */
  lines: source.trim().split('\n'),
} as const;
