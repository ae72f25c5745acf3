import type { SourceTree } from '../../core/source-tree.js';
import { jsonAt } from '../../formats/json-document.js';
import type { Attempt } from './attempt.js';
import type { Manifest } from './manifest.js';

interface Platform {
  readonly what: string;
  /** One of these files is there. */
  readonly files?: readonly string[];
  /** One of these is a dependency of any kind. */
  readonly packages?: readonly string[];
}

/** What a project is that no container of Node starts: its `main` is loaded by something else. */
const platforms: readonly Platform[] = [
  { what: 'a desktop application', packages: ['electron'] },
  { what: 'an application for phones', packages: ['expo', 'react-native'] },
  { what: 'an extension of an editor', packages: ['@types/vscode', 'vscode'] },
  { what: 'functions for Firebase', packages: ['firebase-functions'] },
  { what: 'functions for Azure', packages: ['@azure/functions'] },
  {
    what: 'functions that the Serverless Framework deploys',
    files: ['serverless.yml', 'serverless.yaml', 'serverless.ts'],
  },
  { what: 'infrastructure that the CDK deploys', files: ['cdk.json'] },
  { what: 'a worker for Cloudflare', files: ['wrangler.toml', 'wrangler.json', 'wrangler.jsonc'] },
  { what: "a Meteor application, which Meteor's own tool builds", files: ['.meteor/release'] },
];

const remedy =
  "If it is a service of Node all the same, add a script 'start' to package.json that starts it, or set node.start to the argv.";

/** Refused where the project is made for another platform than a process of Node; none for any other. */
export function otherPlatformAttempts(tree: SourceTree, manifest: Manifest): readonly Attempt[] {
  const isExtension = jsonAt(manifest.root, 'engines', 'vscode') !== undefined;
  for (const { what, files = [], packages = [] } of platforms) {
    const file = files.find((one) => tree.has(one));
    const name = packages.find((one) => manifest.dependencies.has(one) || manifest.devDependencies.has(one));
    const isIt = file !== undefined || name !== undefined || (isExtension && packages.includes('vscode'));
    if (!isIt) continue;
    const because = `${file ?? name ?? 'engines.vscode'} is there`;
    return [{ file: file ?? manifest.path, because, refused: `this is ${what}`, value: what, remedy }];
  }
  return [];
}
