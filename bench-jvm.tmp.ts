import { mkdtempSync } from 'node:fs';
import { benchJvmStart } from './bench/jvm-start.js';
import { formatFigures } from './bench/measure.js';
console.log(formatFigures(await benchJvmStart('/tmp/wt/boot/dist/cli/main.js', mkdtempSync('/tmp/bootlab/bench-'), 5)));
