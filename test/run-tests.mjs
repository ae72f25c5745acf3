/**
 * Every check and every test, one after another, with one closing line: `N passed, N failed`.
 * `--checks`: only what needs no engine and runs no test. A skipped test, or a test run that executed nothing, is a failure.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const checks = [
  ['types of src', 'npx', ['tsc', '--noEmit', '-p', '.']],
  ['types of tests', 'npx', ['tsc', '--noEmit', '-p', 'test']],
  ['lint and format', 'npx', ['biome', 'check', '--error-on-warnings', '.']],
  ['layers', 'node', ['test/check-layers.mjs']],
  ['dead code', 'npx', ['knip', '--no-progress']],
  ['the action bundle is fresh', 'node', ['scripts/build-action.mjs', '--check']],
];

let passed = 0;
let failed = 0;

for (const [title, command, args] of checks) runCheck(title, command, args);
if (!process.argv.includes('--checks')) {
  runVitest('pure');
  runVitest('engine');
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function runCheck(title, command, args) {
  const start = Date.now();
  const result = spawnSync(command, args, { encoding: 'utf8', env: quietNpm() });
  const ok = result.status === 0;
  count(ok);
  console.log(`${ok ? '✓' : '✗'} ${title} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  if (!ok) console.log(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error ?? ''}`.trimEnd());
}

function runVitest(project) {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-test-report-'));
  const file = join(directory, 'report.json');
  const args = ['vitest', 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const result = spawnSync('npx', args, { stdio: 'inherit', env: quietNpm() });
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    const skipped = report.numPendingTests + report.numTodoTests;
    if (skipped > 0) complain(`${skipped} tests of '${project}' were skipped`);
    if (report.numPassedTests === 0) complain(`no test of '${project}' was executed`);
    if (result.status !== 0 && report.numFailedTests === 0) complain(`vitest '${project}' ended with ${result.status}`);
  } catch (error) {
    complain(`vitest '${project}' left no report: ${error.message}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function complain(message) {
  failed += 1;
  console.log(`✗ ${message}`);
}

function count(ok) {
  if (ok) passed += 1;
  else failed += 1;
}

function quietNpm() {
  return { ...process.env, npm_config_loglevel: 'error', npm_config_update_notifier: 'false' };
}
