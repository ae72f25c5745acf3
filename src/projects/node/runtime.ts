import { type Facts, textOf } from '../../core/project.js';
import type { Probe } from '../../core/recipe.js';
import { commandsOf } from './start-script.js';
import { staticServer } from './static-server.js';

/** Undefined where no port is known. */
export function probeOf(facts: Facts): Probe | undefined {
  const port = Number(textOf(facts, 'port'));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  const path = textOf(facts, 'health');
  return { port, ...(path?.startsWith('/') && { path }) };
}

const askHttp =
  'require("http").get({host:"127.0.0.1",port:process.env.PORT||process.argv[1],path:process.argv[2],timeout:4000},r=>process.exit(r.statusCode<400?0:1)).on("timeout",()=>process.exit(1)).on("error",()=>process.exit(1))';
const askTcp =
  'require("net").connect({host:"127.0.0.1",port:process.env.PORT||process.argv[1],timeout:4000},()=>process.exit(0)).on("timeout",()=>process.exit(1)).on("error",()=>process.exit(1))';

/** Node itself asks: slim images have no curl. PORT set at run time is followed. */
export function healthcheckOf({ port, path }: Probe): readonly string[] {
  return [
    'node',
    '-e',
    path === undefined ? askTcp : askHttp,
    '--',
    String(port),
    ...(path === undefined ? [] : [path]),
  ];
}

/** HOST and HOSTNAME make servers listen on every address that would otherwise take localhost or the container's name. */
export function runtimeEnv(
  facts: Facts,
  start: readonly string[],
  probe: Probe | undefined,
): Readonly<Record<string, string>> {
  const framework = textOf(facts, 'node.framework') ?? '';
  const everywhere = ['next', 'nuxt', 'nitro', 'astro', 'sveltekit', 'remix', 'react-router', 'adonis'].includes(
    framework,
  );
  const variable = textOf(facts, 'node.host-variable');
  const tools = commandsOf(start).flat();
  return {
    NODE_ENV: 'production',
    ...(probe && { PORT: String(probe.port) }),
    ...(everywhere && !start.includes(staticServer.path) && { HOST: '0.0.0.0', HOSTNAME: '0.0.0.0' }),
    ...(variable !== undefined && { [variable]: '0.0.0.0' }),
    ...(tools.some((word) => /\/\.bin\/pm2(-runtime)?$/.test(word)) && { PM2_HOME: '/tmp/.pm2' }),
    // https://github.com/fastify/fastify-cli#options
    ...(tools.some((word) => word.endsWith('/.bin/fastify')) && { FASTIFY_ADDRESS: '0.0.0.0' }),
    // https://probot.github.io/docs/configuration/: without it on localhost alone.
    ...(tools.some((word) => word.endsWith('/.bin/probot')) && { HOST: '0.0.0.0' }),
    // npm as the starter writes logs and a cache into the home directory, which a read-only image forbids.
    ...(start[0] === 'npm' && { npm_config_cache: '/tmp/.npm', npm_config_update_notifier: 'false' }),
  };
}
