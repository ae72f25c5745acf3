/** `npm run bench`: every figure is a ratio taken in one run on this machine. Writes bench/results.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { benchBuilds } from './builds.js';
import { benchChecking } from './checking.js';
import { benchDeployOverhead } from './deploy-overhead.js';
import { benchDetection } from './detection.js';
import { benchDetectionTime } from './detection-time.js';
import { benchImageLayers } from './image-layers.js';
import { benchJvmStart } from './jvm-start.js';
import { formatFigures } from './measure.js';
import { benchPackMemory } from './pack-memory.js';
import { benchRewriting } from './rewriting.js';
import { benchStartUp } from './start-up.js';

const aboutLayers = `"By hand" is the usual multi-stage Dockerfile of a competent engineer (bench/hand-written.ts). \`@flydotio/dockerfile\` knows Node alone, and
is measured with its \`apt-get\` lines and cache mounts taken out of the stage that builds: its last stage is as it wrote it. Bytes are uncompressed,
of layers that were not in the image before the change; one engine, warm build cache, the same stand-in bases for all.
`;

const cli = resolve('dist/cli/main.js');
const workspace = mkdtempSync(join(tmpdir(), 'slipway-bench-'));

try {
  const startUp = await benchStartUp(cli, workspace, 15);
  const detection = await benchDetection(cli, workspace, 9);
  const detectionTime = await benchDetectionTime(cli, workspace, 7);
  const rewriting = await benchRewriting(15);
  const checking = await benchChecking(cli, workspace, 7);
  const layers = benchImageLayers(cli, workspace);
  const builds = await benchBuilds(cli, workspace, 5);
  const jvm = await benchJvmStart(cli, workspace, 7);
  const deploy = await benchDeployOverhead(7);
  const memory = await benchPackMemory(cli, workspace);
  const text = `# Measured

One run of \`npm run bench\` on ${cpus().length} cores, Node ${process.version}, against the engine and the stand-in images that
\`test/engine/up.sh\` makes. The machine is shared and noisy: times are medians and mean little; ratios are taken in turn, in the same run.

## Start-up (15 rounds)

${formatFigures(startUp)}
## Detection (9 rounds)

${formatFigures([...detection, ...detectionTime])}
The tree is a Node service whose generated files lie in nested directories. Detection reads manifests and what they name; it walks nothing.

## Rewriting deploy templates (15 rounds)

${formatFigures([...rewriting, ...checking])}
Rewriting: processor time in one process that is warm: recognising the file, finding the service, the edit, and the proof.

## Builds with warm caches (5 rounds)

${formatFigures(builds)}
"By hand" is what a person would write: \`docker run\` of the same builder image with the same steps, the sources mounted read-only and copied
in, the same caches in named volumes and the outputs in a mounted directory, then \`docker build\` of the same Dockerfile with those outputs
as its context. Both sides build the same commit with warm dependency caches; neither starts the image (\`--no-try\`). Slipway's
side includes reading git, detection and the plan.

Where the aim is missed, it is by a constant and by the pack: one Node process that reads git, detects and plans costs about 0.3 s, which a
0.7 s Go build shows; and Slipway's context is a tar of the outputs that it writes itself, which 1,500 small files of \`node_modules\` show. Connecting to
the engine while the plan is made, and a single-file bundle, were tried: neither changed the ratio beyond its noise (Node was 1.12 in the run before).

## Start of the JVM (7 rounds)

${formatFigures(jvm)}
Processor time of spring-boot-quotes in a container of 512 MB until its context is refreshed. The launcher is Spring Boot's own
on the unpacked archive (layout ZIP); the extracted layout is what every image gets; \`java.cds\` adds an archive of loaded classes.

## Images and their layers

${layers}
${aboutLayers}
## Deploying (7 rounds)

${formatFigures(deploy)}
The deploy repository is on the same disk: a remote one adds its round trips (read, history, push, note). The image does nothing; \`monitor\` is 1 s.

## Memory

${formatFigures(memory)}
Outputs and pack context are streamed: no file is ever in memory whole. Measured is the high-water mark of the whole process (VmHWM).
`;
  writeFileSync('bench/results.md', text);
  console.log(text);
} finally {
  rmSync(workspace, { recursive: true, force: true });
}
