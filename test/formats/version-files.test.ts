import { describe, expect, it } from 'vitest';
import { readMiseTools, readToolVersions } from '../../src/formats/version-files.js';

describe('readToolVersions', () => {
  it('takes the first version of each tool, without comments', () => {
    expect(readToolVersions('# tools\ngolang 1.26.1 1.25\r\n\nnodejs 22 # lts\njava\n')).toEqual([
      { tool: 'golang', version: '1.26.1', line: 2 },
      { tool: 'nodejs', version: '22', line: 4 },
    ]);
  });
});

describe('readMiseTools', () => {
  it('reads texts, lists and tables', () => {
    const text =
      '[env]\ngo = "x"\n[tools]\nnode = ["22", "20"]\n"npm:x" = { version = "3" }\n[tools.python]\nversion = "3.12"\n';
    expect(readMiseTools(text)).toEqual([
      { tool: 'node', version: '22', line: 4 },
      { tool: 'npm:x', version: '3', line: 5 },
      { tool: 'python', version: '3.12', line: 6 },
    ]);
  });

  it.each(['', 'tools = 1', '[tools', 'x = 1'])('says nothing of %j', (text) => {
    expect(readMiseTools(text)).toEqual([]);
  });
});
