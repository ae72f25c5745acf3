#!/usr/bin/env bash
# A second, throw-away Docker engine for fault tests: own network namespace, disk of a limited size, own socket.
# Usage: second.sh start NAME [--size 400m]   prints DOCKER_HOST=..., PID=..., DIR=..., NETNS=...
#        second.sh load NAME IMAGE...         copies images of the first engine into it
#        second.sh stop NAME                  ends it and everything in it
# A start after the daemon was killed uses the same disk again.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"

usage() {
  sed -n '2,6s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

# Under /run and not in the state directory: a socket's path may not have more than 107 characters.
ROOT=/run/slipway-second

names() {
  case ${1:-} in "" | *[!a-z0-9-]*) usage ;; esac
  NAME=$1
  DIR=$ROOT/$NAME
  NETNS=slipway-second-$NAME
  CGROUP=slipway-second-$NAME
  SOCKET=$DIR/docker.sock
}

# A caller that has taken over our DOCKER_HOST still means the first engine as the source of images.
case ${DOCKER_HOST:-} in unix://"$ROOT"/*) unset DOCKER_HOST ;; esac

second() { DOCKER_HOST=unix://$SOCKET docker "$@"; }
answers() { timeout 5 docker -H "unix://$SOCKET" version --format '{{.Server.Version}}' >/dev/null 2>&1; }

print_it() {
  printf 'DOCKER_HOST=unix://%s\nPID=%s\nDIR=%s\nNETNS=%s\n' "$SOCKET" "$(pid_in "$DIR/dockerd.pid")" "$DIR" "$NETNS"
}

# --- what a killed daemon leaves ---------------------------------------------

# Containers outlive a killed daemon: they are the processes of our own control group.
container_pids() {
  find /sys/fs/cgroup -type d -path "*/$CGROUP/*" -exec sh -c 'cat "$1/cgroup.procs" 2>/dev/null' _ {} \; 2>/dev/null | sort -un
}

# containerd and its shims share the daemon's private mount namespace, which no other process is in.
helper_pids() {
  local ns pid
  ns=$(cat "$DIR/mnt-ns" 2>/dev/null) || return 0
  for pid in /proc/[0-9]*; do
    if [ "$(readlink "$pid/ns/mnt" 2>/dev/null)" = "$ns" ]; then echo "${pid#/proc/}"; fi
  done
}

kill_rest() {
  local round pids
  for round in 1 2 3 4 5; do
    pids=$(helper_pids; container_pids)
    [ -n "$pids" ] || return 0
    # shellcheck disable=SC2086
    kill -9 $pids 2>/dev/null || true
    sleep "0.$round"
  done
  note "processes of the second engine $NAME remain: $(echo "$pids" | tr '\n' ' ')"
}

# Deepest first; the namespace's own mounts are gone with its last process.
unmount_below() {
  awk -v d="$1" '$5 == d || index($5, d "/") == 1 { print $5 }' /proc/self/mountinfo | sort -r | while IFS= read -r path; do
    umount "$path" 2>/dev/null || umount -l "$path" 2>/dev/null || true
  done
}

# --- commands ----------------------------------------------------------------

start() {
  local size=$1 pid left=300
  need_root "a second engine"
  have dockerd || die "no dockerd on this machine; run up.sh first"
  have ip || need_packages "the second engine needs a network namespace" iproute2
  pid=$(pid_in "$DIR/dockerd.pid" || true)
  if pid_is "${pid:-}" dockerd && answers; then
    print_it
    return
  fi
  kill_rest
  mkdir -p "$DIR/data"
  grep -q " $DIR/data tmpfs " /proc/mounts || mount -t tmpfs -o "size=$size,mode=711" "slipway-$NAME" "$DIR/data"
  if ! ip netns list | grep -q "^$NETNS\b"; then
    ip netns add "$NETNS"
    ip -n "$NETNS" link set lo up
  fi
  rm -rf "$DIR/exec" "$DIR/dockerd.pid" "$SOCKET" "$DIR/mnt-ns"
  # Not "ip netns exec": it mounts a fresh /sys, without control groups. A private mount namespace hides the
  # machine's own containerd, which dockerd would use; each command replaces the one before, so the id stays.
  # shellcheck disable=SC2016
  detach "$DIR/dockerd.log" nsenter --net="/run/netns/$NETNS" unshare --mount --propagation private sh -ec '
    if [ -d /run/containerd ]; then mount -t tmpfs -o size=1m tmpfs /run/containerd; fi
    exec dockerd --host "unix://$1/docker.sock" --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/dockerd.pid" \
      --cgroup-parent "/$2" --storage-driver overlay2' _ "$DIR" "$CGROUP"
  until answers; do
    left=$((left - 1))
    if [ "$left" = 0 ] || ! kill -0 "$DETACHED_PID" 2>/dev/null; then
      tail -n 20 "$DIR/dockerd.log" >&2
      die "the second engine $NAME does not answer; the end of $DIR/dockerd.log is above"
    fi
    sleep 0.1
  done
  readlink "/proc/$DETACHED_PID/ns/mnt" >"$DIR/mnt-ns"
  print_it
}

load() {
  answers || die "the second engine $NAME does not run"
  docker save "$@" | second load -q
}

stop() {
  local pid
  [ -d "$DIR" ] || return 0
  need_root "stopping a second engine"
  pid=$(pid_in "$DIR/dockerd.pid" || true)
  stop_pid "${pid:-}" dockerd 15
  kill_rest
  unmount_below "$DIR"
  ip netns del "$NETNS" 2>/dev/null || true
  find /sys/fs/cgroup -depth -type d \( -path "*/$CGROUP" -o -path "*/$CGROUP/*" \) -exec rmdir {} \; 2>/dev/null || true
  rm -rf "$DIR"
  rmdir "$ROOT" 2>/dev/null || true
}

[ $# -ge 2 ] || usage
command=$1
names "$2"
shift 2
case $command in
  start)
    size=400m
    if [ "${1:-}" = --size ] && [ -n "${2:-}" ]; then
      size=$2
      shift 2
    fi
    [ $# = 0 ] || usage
    start "$size"
    ;;
  load)
    [ $# -ge 1 ] || usage
    load "$@"
    ;;
  stop) stop ;;
  *) usage ;;
esac
