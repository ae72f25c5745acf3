import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { actionCommands, commandLineOf, inputOptions, notInputs } from '../../src/action/inputs.js';
import { makeProgram } from '../../src/cli/program.js';
import { Failure } from '../../src/core/failure.js';

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
  readonly runs: { readonly using: string; readonly main: string };
}

const action = parse(readFileSync('action.yml', 'utf8')) as ActionFile;
const program = makeProgram('0.0.0', async () => {});

/** The environment in which the runner starts a step with these inputs: those not given have their defaults. */
function stepEnvironment(given: Readonly<Record<string, string>>): Record<string, string> {
  const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? ''] as const);
  const all = Object.entries({ ...Object.fromEntries(defaults), ...given });
  return Object.fromEntries(all.map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]));
}

function failureOf(given: Readonly<Record<string, string>>): unknown {
  try {
    return commandLineOf(stepEnvironment(given), program);
  } catch (error) {
    return error instanceof Failure ? [error.code, error.message] : error;
  }
}

test('the inputs are the options of the action’s commands, and the command and directory', () => {
  expect(Object.keys(action.inputs).sort()).toEqual(['command', 'directory', ...inputOptions(program).keys()].sort());
});

test('every option of ship is an input, but for those that only change what is printed', () => {
  const ship = program.commands.find((command) => command.name() === 'ship');
  const options = (ship?.options ?? []).map((option) => option.name().replace(/^no-/, ''));
  expect(options.filter((name) => !(name in action.inputs)).sort()).toEqual([
    'detailed-exit-code',
    'json',
    'password-stdin',
    'quiet',
    'username',
  ]);
});

test('what is no input is an option that some command of the action has', () => {
  const options = program.commands
    .filter((command) => actionCommands.some((name) => name === command.name()))
    .flatMap((command) => command.options.map((option) => option.name()));
  expect(notInputs.filter((name) => !options.includes(name))).toEqual([]);
});

test('the action runs on Node 24, from the committed bundle, and has five outputs', () => {
  expect([action.runs, Object.keys(action.outputs)]).toEqual([
    { using: 'node24', main: 'action/index.mjs' },
    ['version', 'tags', 'digest', 'image', 'kind'],
  ]);
});

test('every input and output says what it is', () => {
  const all = Object.entries({ ...action.inputs, ...action.outputs });
  expect(all.filter(([, { description }]) => !description).map(([name]) => name)).toEqual([]);
});

test.each(actionCommands)('with its defaults alone the action is `slipway %s .`', (command) => {
  expect(commandLineOf(stepEnvironment({ command }), program)).toEqual([command, '--', '.']);
});

test('an input is the option of its name', () => {
  const given = {
    directory: 'services/a b',
    registry: ' registry.example.com/team ',
    set: '# a comment\n go.main=./cmd/server\n\nname=a=b\n',
    transfer: 'stream',
    try: 'FALSE',
    deploy: 'false',
    'dry-run': 'True',
  };
  const words = commandLineOf(stepEnvironment(given), program);
  expect([words[0], words.slice(1, -2).sort(), words.slice(-2)]).toEqual([
    'ship',
    [
      '--dry-run',
      '--no-deploy',
      '--no-try',
      '--registry=registry.example.com/team',
      '--set=go.main=./cmd/server',
      '--set=name=a=b',
      '--transfer=stream',
    ],
    ['--', 'services/a b'],
  ]);
});

test('a value that looks like an option stays a value', () => {
  expect(commandLineOf(stepEnvironment({ name: '--help' }), program)).toContain('--name=--help');
});

test('an input that the command has no option for is refused', () => {
  expect([failureOf({ command: 'detect', env: 'prod' }), failureOf({ command: 'push', try: 'false' })]).toEqual([
    ['settings.usage', "The command 'detect' has no use for the input 'env'"],
    ['settings.usage', "The command 'push' has no use for the input 'try'"],
  ]);
});

test('commands for people at a terminal, and booleans that are none, are refused', () => {
  expect([failureOf({ command: 'eject' }), failureOf({ 'dry-run': 'yes' })]).toEqual([
    ['settings.usage', "'eject' is not a command of this action"],
    ['settings.usage', "'yes' is neither true nor false"],
  ]);
});
