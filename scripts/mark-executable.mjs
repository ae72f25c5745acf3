/** tsc drops the executable bit that a `bin` needs. */
import { chmodSync } from 'node:fs';

chmodSync('dist/cli/main.js', 0o755);
