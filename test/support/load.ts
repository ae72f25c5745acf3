import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followToEnd } from './ended.js';

/** What came of a load, counted by the program that made it. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Connections refused or broken, times out, and every status that is not 2xx or 3xx. */
  readonly failed: number;
}

/**
 * `wrk` on keep-alive connections, each of which waits 30 ms between two requests, so that the machine has room for what is measured.
 * `stop` ends it and tells.
 */
export function startLoad(url: string, connections: number): { readonly stop: () => Promise<LoadResult> } {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-load-'));
  const script = join(directory, 'load.lua');
  writeFileSync(
    script,
    `function delay() return 30 end
function done(summary)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"microseconds":%d,"failed":%d}\\n', summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`,
  );
  const child = spawn('wrk', ['-t', '1', '-c', String(connections), '-d', '900s', '-s', script, url], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = followToEnd(child);
  return {
    async stop() {
      child.kill('SIGINT');
      const { stdout, stderr } = await ended;
      rmSync(directory, { recursive: true, force: true });
      const text = /^RESULT (.*)$/m.exec(stdout)?.[1];
      if (text === undefined) throw new Error(`wrk told no result:\n${stdout}${stderr}`);
      const { requests, microseconds, failed } = JSON.parse(text);
      return { requests, failed, perSecond: Math.round(requests / (microseconds / 1e6)) };
    },
  };
}

/** Requests of a second each, so many at a time, every one on a connection that is kept; failed ones are told by what was wrong. */
export function startSlowRequests(
  url: string,
  atATime: number,
): { readonly stop: () => Promise<{ readonly requests: number; readonly failed: readonly string[] }> } {
  const agent = new Agent({ keepAlive: true });
  const failed: string[] = [];
  let [requests, going] = [0, true];
  const ask = () =>
    new Promise<void>((settle) => {
      const asked = get(url, { agent }, (answer) => {
        answer.resume();
        if (answer.statusCode !== 200) failed.push(`status ${answer.statusCode}`);
        answer.on('end', settle);
      });
      asked.on('error', (error) => {
        failed.push(error.message);
        settle();
      });
    });
  const workers = Array.from({ length: atATime }, async () => {
    while (going) {
      await ask();
      requests += 1;
    }
  });
  return {
    async stop() {
      going = false;
      await Promise.all(workers);
      agent.destroy();
      return { requests, failed };
    },
  };
}
