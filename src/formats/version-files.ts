import { parse } from 'smol-toml';

/** A tool and the version that a version manager's file asks for. */
export interface ToolVersion {
  readonly tool: string;
  readonly version: string;
  /** 1-based. */
  readonly line: number;
}

/** In UTF-16 units. What these files say of one project stands at their beginning. */
const maxSize = 200_000;

/**
 * `.tool-versions` (https://asdf-vm.com/manage/configuration.html): a tool and its versions on each line, the first of
 * which counts; `#` begins a comment.
 */
export function readToolVersions(text: string): readonly ToolVersion[] {
  return text
    .slice(0, maxSize)
    .split(/\r?\n/)
    .flatMap((written, index) => {
      const [tool, version] = written.replace(/#.*/, '').trim().split(/\s+/);
      return tool && version ? [{ tool, version, line: index + 1 }] : [];
    });
}

/**
 * The `[tools]` of `mise.toml` (https://mise.jdx.dev/configuration.html): a text, a list whose first counts, or a table
 * with `version`. TOML that does not parse says nothing.
 */
export function readMiseTools(text: string): readonly ToolVersion[] {
  return Object.entries(toolsTable(text)).flatMap(([tool, value]) => {
    const version = versionOf(value);
    return version === undefined ? [] : [{ tool, version, line: lineOfKey(text, tool) }];
  });
}

function toolsTable(text: string): object {
  try {
    const { tools } = parse(text.slice(0, maxSize));
    return typeof tools === 'object' ? tools : {};
  } catch {
    return {};
  }
}

function versionOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return versionOf(value[0]);
  return typeof value === 'object' && value !== null && 'version' in value ? versionOf(value.version) : undefined;
}

/** smol-toml gives no positions. A dotted key or a table of its own counts as well; line 1 where neither is seen. */
function lineOfKey(text: string, tool: string): number {
  const name = tool.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`^\\s*(?:\\[?tools\\s*\\.\\s*)?["']?${name}["']?\\s*(?:=|\\]|\\.\\s*version)`);
  return (
    Math.max(
      text.split(/\r?\n/).findIndex((written) => pattern.test(written)),
      0,
    ) + 1
  );
}
