import type { Probe } from '../core/recipe.js';

/** Port and path come as `$0` and `$1`, so that no script ever holds them. */
const connect = 'exec 3<>"/dev/tcp/127.0.0.1/$0"';
const askHttp =
  ' && printf "GET %s HTTP/1.0\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n" "$1" >&3' +
  ' && read -r status <&3 && [[ $status == HTTP/*" 200"* ]]';

/** A check that needs bash alone, which the official JRE images have: 200 on the path, or a connection where there is none. */
export function healthcheckOf({ port, path }: Probe): readonly string[] {
  if (path === undefined) return ['bash', '-c', connect, String(port)];
  return ['bash', '-c', connect + askHttp, String(port), path];
}
