/**
 * POSIX sh that asks $3, the container's own address, on port $1 for path $2 (empty: a TCP connection will do) every 300 ms
 * until it is well, with whichever of curl, bash, node and wget the image has, and prints the answer. As Host it names the
 * loopback, which no server refuses. Where the loopback alone answers a few times, it ends with code 4. Data reaches it as
 * arguments alone. The host ends it when time is up; the last answer that was not good is printed after `last`.
 */
export const probeScript = `
port=$1 path=$2 own=$3 host="127.0.0.1:$1"
ask_curl() {
  if [ -n "$path" ]; then curl -s -o /dev/null --noproxy '*' --max-time 5 -H "Host: $host" -D - "http://$1:$port$path" | head -n 1
  else curl -s -o /dev/null --noproxy '*' --connect-timeout 2 --max-time 1 "telnet://$1:$port" </dev/null
    case $? in 7) ;; *) echo connected ;; esac
  fi
}
ask_wget() {
  url="http://$1:$port$path"
  reply=$(wget -S -q -O /dev/null -T 5 --header "Host: $host" -t 1 "$url" 2>&1 || wget -S -q -O /dev/null -T 5 --header "Host: $host" "$url" 2>&1)
  if [ -n "$path" ]; then printf '%s\\n' "$reply" | sed -n 's/^ *\\(HTTP[/].*\\)/\\1/p' | head -n 1
  else case "$reply" in *HTTP/*) echo connected ;; *) ;; esac
  fi
}
ask_bash() {
  timeout 6 bash -c 'exec 3<>"/dev/tcp/$3/$1" || exit 1
    [ -n "$2" ] || { echo connected; exit 0; }
    printf "GET %s HTTP/1.0\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n" "$2" >&3
    IFS= read -r -t 5 line <&3; printf "%s\\n" "$line"' bash "$port" "$path" "$1" 2>/dev/null
}
ask_node() {
  node -e '
    const [port, path, host, name] = process.argv.slice(1);
    const say = (text) => { console.log(text); process.exit(0); };
    setTimeout(() => process.exit(1), 5000);
    if (path) require("http").get({ host, port, path, headers: { host: name } }, (r) => say("HTTP/" + r.httpVersion + " " + r.statusCode + " " + r.statusMessage)).on("error", () => process.exit(1));
    else require("net").connect(port, host, () => say("connected")).on("error", () => process.exit(1));
  ' "$port" "$path" "$1" "$host" 2>/dev/null
}
for tool in curl bash node wget none; do
  if command -v "$tool" >/dev/null 2>&1; then break; fi
done
[ "$tool" != none ] || { echo "no-tool"; exit 3; }
ask() { "ask_$tool" "$1" | tr -d '\\r'; }
alone=0
while :; do
  answer=$(ask "$own")
  case "$answer" in
    connected) [ -n "$path" ] || { echo "TCP connection on port $port"; exit 0; } ;;
    HTTP/*' 2'[0-9][0-9]*|HTTP/*' 3'[0-9][0-9]*) printf '%s\\n' "$answer"; exit 0 ;;
    HTTP/*) printf 'last %s\\n' "$answer" ;;
    *) [ "$own" = 127.0.0.1 ] || case "$(ask 127.0.0.1)" in
         connected|HTTP/*) alone=$((alone + 1)); [ "$alone" -lt 5 ] || exit 4 ;;
       esac ;;
  esac
  sleep 0.3 2>/dev/null || sleep 1
done
`;
