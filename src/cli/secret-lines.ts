import { tryJsonTree } from '../formats/json-tree.js';
import { syntaxOf } from '../formats/template-syntax.js';
import { findText, type TextTree, type TreeNode } from '../formats/text-tree.js';
import { tryYamlTree } from '../formats/yaml-tree.js';
import { isSecretName, maskSecrets } from './explain/mask.js';

/**
 * Answers a line of a template (1-based) without its secrets: values whose key looks like one, in maps, in lists of `KEY=VALUE` and of
 * names and values, and whatever looks like a secret by itself.
 */
export function secretLines(path: string, text: string): (line: number, written: string) => string {
  const read = syntaxOf(path, text) === 'json' ? tryJsonTree : tryYamlTree;
  const tree = read(path, text);
  const spans = 'roots' in tree ? secretSpans(tree) : [];
  const byLine = new Map<number, readonly (readonly [number, number])[]>();
  for (const { start, end } of 'roots' in tree ? spans : []) {
    if (!('roots' in tree)) continue;
    for (let at = start; at < end; ) {
      const next = text.indexOf('\n', at);
      const stop = next < 0 || next > end ? end : next;
      const line = tree.lineOf(at);
      const begin = text.lastIndexOf('\n', at - 1) + 1;
      byLine.set(line, [...(byLine.get(line) ?? []), [at - begin, stop - begin]]);
      at = stop + 1;
    }
  }
  return (line, written) => maskSecrets(hide(written, byLine.get(line) ?? []));
}

function hide(written: string, spans: readonly (readonly [number, number])[]): string {
  return spans
    .toSorted((one, other) => other[0] - one[0])
    .reduce((text, [start, end]) => {
      const quote = /^["']/.exec(text.slice(start))?.[0] ?? '';
      return `${text.slice(0, start)}${quote}***${quote}${text.slice(end)}`;
    }, written);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function secretSpans(tree: TextTree): readonly Span[] {
  const found: Span[] = [];
  const seen = new Set<TreeNode>();
  function visit(node: TreeNode): void {
    if (seen.has(node)) return;
    seen.add(node);
    const named = isSecretName(findTextOnce(tree, node, 'name'));
    for (const { key, value } of node.entries) {
      const isSecret = isSecretName(key) || (named && key === 'value');
      if (isSecret && value.kind === 'scalar' && isContent(tree, value)) found.push(value);
      else visit(value);
    }
    for (const item of node.items) {
      const pair = typeof item.value === 'string' ? /^([^=\s]+)=/.exec(item.value) : null;
      if (pair === null || !isSecretName(pair[1])) visit(item);
      else
        found.push({ start: tree.text.indexOf('=', item.start) + 1, end: item.end - (item.style === 'plain' ? 0 : 1) });
    }
  }
  tree.roots.forEach(visit);
  return found;
}

/** Neither empty nor a reference to a variable. */
function isContent(tree: TextTree, { start, end, value }: TreeNode): boolean {
  const isOpen = value === null || typeof value === 'boolean' || value === '';
  return !isOpen && !/^["']?\$\{?[\w.-]+\}?["']?$/.test(tree.text.slice(start, end));
}

function findTextOnce(tree: TextTree, node: TreeNode, key: string): string {
  return node.entries.filter((entry) => entry.key === key).length === 1 ? (findText(tree, node, key) ?? '') : '';
}
