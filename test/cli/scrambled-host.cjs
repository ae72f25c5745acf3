/**
 * Loaded before the command line: a host on which directories list their entries in another order, the clock is ten years
 * ahead, and random numbers, memory and processors are others.
 */
const fs = require('node:fs');
const os = require('node:os');
const { syncBuiltinESMExports } = require('node:module');

const seed = Number(process.env.SCRAMBLE_SEED);
let state = seed;

/** Fisher and Yates, with a generator of its own. */
function shuffle(entries) {
  const shuffled = [...entries];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    state = (state * 48271) % 2147483647;
    const other = state % (last + 1);
    [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
  }
  return shuffled;
}

const { readdirSync, readdir } = fs;
const readdirLater = fs.promises.readdir;
fs.readdirSync = (...args) => shuffle(readdirSync(...args));
fs.readdir = (...args) => {
  const done = args.pop();
  return readdir(...args, (error, entries) => done(error, error ? entries : shuffle(entries)));
};
fs.promises.readdir = async (...args) => shuffle(await readdirLater(...args));

const RealDate = Date;
const tenYears = 10 * 365 * 24 * 3600 * 1000;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + tenYears);
    else super(...args);
  }
  static now() {
    return RealDate.now() + tenYears;
  }
};
Math.random = () => (seed % 97) / 97;
os.hostname = () => `host-${seed}`;
os.cpus = () => [];
os.availableParallelism = () => 1;
syncBuiltinESMExports();
