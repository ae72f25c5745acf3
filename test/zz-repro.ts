import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { openDeployScratch } from './support/deploy-scratch.js';
const s = openDeployScratch();
try {
const one = await s.release('1.0.0'); const two = await s.release('2.0.0', ['sh','-c','echo broken; exit 3']);
await s.run('deploy','--env','prod','--release',one.file);
let step = 0;
const r0 = spawnSync('node', ['--import','./test/support/kill-at-step.mjs','dist/cli/main.js','deploy',s.project,'--env','prod','--release',two.file],{env:{...process.env,...s.env,KILL_AT_LOG:'/tmp/flow-try/eff2', KILL_AT_IGNORE: '/runs/|^spawn git (?!push)|deployments|home-id', KILL_AT_STEP: process.argv[2], KILL_AT_MOMENT: 'after'},encoding:'utf8'});
console.log('killed', r0.signal, r0.stderr);
for (const f of readdirSync(s.stateDirectory+'/deployments')) console.log(f, readFileSync(s.stateDirectory+'/deployments/'+f,'utf8').slice(0,600));
const insp = () => spawnSync('docker',['service','inspect','--format','{{.Spec.TaskTemplate.ContainerSpec.Image}} prev={{if .PreviousSpec}}{{.PreviousSpec.TaskTemplate.ContainerSpec.Image}}{{end}} {{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}', s.stack+'_web'],{encoding:'utf8'}).stdout;
console.log(insp());
await new Promise((r) => setTimeout(r, 4000));
const p = s.start('deploy','--env','prod','--release',two.file);
p.process.stderr.on('data', (t) => process.stdout.write(new Date().toISOString()+' '+t));
const t = setInterval(()=>console.log(new Date().toISOString(), insp().trim()), 1000);
const e = await p.ended; clearInterval(t);
console.log(e.code, e.stderr); console.log(insp());
console.log(spawnSync('docker',['service','ps','--no-trunc',s.stack+'_web'],{encoding:'utf8'}).stdout);
} finally { await s.remove(); }
