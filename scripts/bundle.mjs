/** What both bundles share: the command line's and the action's. */
import { fileURLToPath } from 'node:url';

/** Of dockerode's parts these serve BuildKit sessions and its own ssh, which Slipway never opens (its ssh is the system's). */
const neverUsed = ['@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs', 'ssh2', 'xmlbuilder2', 'libxmljs2', 'ajv', 'ajv-formats', 'ajv-formats-draft2019'];

export const root = fileURLToPath(new URL('..', import.meta.url));

export const options = {
  // Names in the bundle are relative to this: the bytes are the same wherever the repository is checked out.
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // jsonc-parser's `main` loads its parts through a `require` that a bundler does not see; its `module` has imports.
  mainFields: ['module', 'main'],
  alias: Object.fromEntries(neverUsed.map((name) => [name, './scripts/never-used.cjs'])),
  legalComments: 'none',
  charset: 'utf8',
  metafile: true,
  logLevel: 'warning',
};
