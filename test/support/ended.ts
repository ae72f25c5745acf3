import type { ChildProcess } from 'node:child_process';
import type { Ended } from './cli.js';

/** How a process of any kind ends, with what it printed; its stdout and stderr are pipes. */
export function followToEnd(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('close', (code) => settle({ code: code ?? 255, stdout, stderr }));
  });
}
