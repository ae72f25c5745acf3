/**
 * POSIX sh that asks 127.0.0.1:$1 for path $2 (empty: a TCP connection will do) every 300 ms until it is well, with
 * whichever of curl, wget, bash and node the image has, and prints the answer. Data reaches it as arguments alone. The host
 * ends it when time is up; the last answer that was not good is on stderr.
 */
export const probeScript = `
port=$1 path=$2 url="http://127.0.0.1:$1$2"
ask_curl() {
  if [ -n "$path" ]; then curl -s -o /dev/null --noproxy '*' --max-time 5 -D - "$url" | head -n 1
  else curl -s -o /dev/null --noproxy '*' --connect-timeout 2 --max-time 1 "telnet://127.0.0.1:$port" </dev/null
    case $? in 7) ;; *) echo connected ;; esac
  fi
}
ask_wget() {
  reply=$(wget -S -q -O /dev/null -T 5 -t 1 "$url" 2>&1 || wget -S -q -O /dev/null -T 5 "$url" 2>&1)
  if [ -n "$path" ]; then printf '%s\\n' "$reply" | sed -n 's/^ *\\(HTTP[/].*\\)/\\1/p' | head -n 1
  else case "$reply" in *HTTP/*) echo connected ;; *) ;; esac
  fi
}
ask_bash() {
  timeout 6 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    [ -n "$2" ] || { echo connected; exit 0; }
    printf "GET %s HTTP/1.0\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n" "$2" >&3
    IFS= read -r -t 5 line <&3; printf "%s\\n" "$line"' bash "$port" "$path" 2>/dev/null
}
ask_node() {
  node -e '
    const [port, path] = process.argv.slice(1);
    const say = (text) => { console.log(text); process.exit(0); };
    setTimeout(() => process.exit(1), 5000);
    if (path) require("http").get({ host: "127.0.0.1", port, path }, (r) => say("HTTP/" + r.httpVersion + " " + r.statusCode + " " + r.statusMessage)).on("error", () => process.exit(1));
    else require("net").connect(port, "127.0.0.1", () => say("connected")).on("error", () => process.exit(1));
  ' "$port" "$path" 2>/dev/null
}
for tool in curl bash node wget none; do
  if command -v "$tool" >/dev/null 2>&1; then break; fi
done
[ "$tool" != none ] || { echo "no-tool"; exit 3; }
while :; do
  answer=$("ask_$tool" | tr -d '\\r')
  case "$answer" in
    connected) [ -n "$path" ] || { echo "TCP connection on port $port"; exit 0; } ;;
    HTTP/*' 2'[0-9][0-9]*|HTTP/*' 3'[0-9][0-9]*) printf '%s\\n' "$answer"; exit 0 ;;
    HTTP/*) printf 'last %s\\n' "$answer" ;;
  esac
  sleep 0.3 2>/dev/null || sleep 1
done
`;
