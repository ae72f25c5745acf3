#!/usr/bin/env bash
# A Docker engine, a registry on loopback, a one-node Swarm and the base images that the tests and the demo need.
# Idempotent: what already runs is reused. Usage: up.sh [--quiet] [--no-images] [--all-images]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

IMAGES=1
IMAGE_ARGS=()
for arg in "$@"; do
  case $arg in
    --quiet) QUIET=1 ;;
    --no-images) IMAGES=0 ;;
    --all-images) IMAGE_ARGS+=(--all) ;;
    -h | --help)
      sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *)
      echo "up.sh: unknown argument $arg" >&2
      exit 2
      ;;
  esac
done
# shellcheck source=lib.sh
. "$here/lib.sh"
SECONDS=0

# --- engine ------------------------------------------------------------------

# A daemon that was killed leaves files which stop, or hang, the next one.
clear_stale_engine() {
  local file pid
  pid=$(pid_in /var/run/docker.pid || true)
  pid_is "${pid:-}" dockerd || rm -f /var/run/docker.pid
  pid=$(pid_in "$STATE/dockerd.pid" || true)
  pid_is "${pid:-}" dockerd || rm -f "$STATE/dockerd.pid"
  # dockerd takes over its containerd when that still runs, and waits for ever when the id is another program's.
  file=/var/run/docker/containerd/containerd.pid
  pid=$(pid_in "$file" || true)
  pid_is "${pid:-}" containerd || rm -f "$file"
  # It prefers the system's containerd as soon as that socket's file exists, even when nobody listens there.
  file=/run/containerd/containerd.sock
  if [ -S "$file" ] && ! grep -q " $file\$" /proc/net/unix; then rm -f "$file"; fi
  # Bridges of a dead daemon whose networks we know nothing about keep their address ranges taken.
  if [ ! -d /var/lib/docker/network ] && [ -e /sys/class/net/docker_gwbridge ]; then
    ip link delete docker_gwbridge 2>/dev/null || true
  fi
}

wait_engine() {
  local pid=$1 left=450
  while [ "$left" -gt 0 ]; do
    ! engine_answers || return 0
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
    left=$((left - 1))
  done
  return 1
}

start_engine() {
  local file running try
  for file in "$STATE/dockerd.pid" /var/run/docker.pid; do
    running=$(pid_in "$file" || true)
    pid_is "${running:-}" dockerd || continue
    # It may be starting, or still be ending after a kill.
    if wait_engine "$running"; then return; fi
    ! pid_is "$running" dockerd || die "dockerd ($running, $file) runs and does not answer; stop it, or set DOCKER_HOST"
  done
  need_root "starting dockerd"
  # Remembered before the first start: only a data directory that we filled may be removed by down.sh.
  if [ -z "$(ls -A /var/lib/docker 2>/dev/null)" ]; then : >"$STATE/data-ours"; fi
  for try in 1 2; do
    clear_stale_engine
    detach "$STATE/dockerd.log" dockerd --pidfile "$STATE/dockerd.pid"
    printf '%s\n' "$DETACHED_PID" >"$STATE/engine-ours"
    if wait_engine "$DETACHED_PID"; then return; fi
    [ "$try" = 2 ] || say "dockerd did not come up; once more after clearing its left-overs"
    stop_pid "$DETACHED_PID" dockerd 10
  done
  tail -n 25 "$STATE/dockerd.log" >&2
  die "dockerd does not answer; the end of $STATE/dockerd.log is above"
}

ensure_engine() {
  if have docker && engine_answers; then return; fi
  [ -z "${DOCKER_HOST:-}" ] || die "DOCKER_HOST is $DOCKER_HOST and no engine answers there"
  if ! have dockerd || ! have docker; then need_packages "no Docker engine on this machine" docker.io; fi
  if engine_answers; then return; fi
  start_engine
}

# --- registry ----------------------------------------------------------------

registry_is_ours() {
  local pid
  pid=$(pid_in "$STATE/registry.pid" || true)
  pid_is "${pid:-}" docker-registry && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$STATE/registry.yml"
}

free_port() {
  local port=5000
  while port_taken "$port"; do port=$((port + 1)); done
  printf %s "$port"
}

registry_config() {
  cat <<YAML
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: $STATE/registry-data }
  delete: { enabled: true }
http: { addr: "127.0.0.1:$1" }
YAML
}

ensure_registry() {
  local port left=100
  if registry_is_ours; then
    port=$(sed 's/.*://' "$STATE/registry")
    if http_ok 127.0.0.1 "$port" /v2/; then return; fi
    stop_pid "$(pid_in "$STATE/registry.pid")" docker-registry 5
  fi
  have docker-registry || need_packages "the tests push to a real registry on loopback" docker-registry
  port=$(free_port)
  [ "$port" = 5000 ] || say "port 5000 is taken by somebody else: the registry gets $port"
  mkdir -p "$STATE/registry-data"
  registry_config "$port" >"$STATE/registry.yml"
  detach "$STATE/registry.log" docker-registry serve "$STATE/registry.yml"
  printf '%s\n' "$DETACHED_PID" >"$STATE/registry.pid"
  printf '127.0.0.1:%s\n' "$port" >"$STATE/registry"
  until http_ok 127.0.0.1 "$port" /v2/; do
    left=$((left - 1))
    if [ "$left" = 0 ] || ! kill -0 "$DETACHED_PID" 2>/dev/null; then
      tail -n 15 "$STATE/registry.log" >&2
      die "the registry does not answer on 127.0.0.1:$port; the end of $STATE/registry.log is above"
    fi
    sleep 0.1
  done
}

# --- swarm -------------------------------------------------------------------

swarm_state() { docker info --format '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}' 2>/dev/null; }
swarm_ready() {
  [ "$(swarm_state)" = "active true" ] &&
    [ "$(timeout 5 docker node inspect self --format '{{.Status.State}}' 2>/dev/null)" = ready ]
}

ensure_swarm() {
  local left=100 state
  if swarm_ready; then return; fi
  state=$(swarm_state)
  if [ "${state%% *}" != inactive ]; then
    # After a restart the manager needs some seconds before its node is ready again.
    while [ "$left" -gt 0 ]; do
      sleep 0.1
      ! swarm_ready || return 0
      left=$((left - 1))
    done
    [ -e "$STATE/swarm-ours" ] || die "this machine is in a Swarm (${state%% *}) that is not ours and has no ready manager here"
    say "the Swarm does not recover (${state%% *}): leaving it and starting a new one"
    docker swarm leave --force >/dev/null 2>&1 || true
  fi
  : >"$STATE/swarm-ours"
  docker swarm init --advertise-addr 127.0.0.1 >/dev/null 2>"$STATE/swarm.log" || {
    cat "$STATE/swarm.log" >&2
    die "docker swarm init failed"
  }
  left=100
  until swarm_ready; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || die "the new Swarm's node does not become ready"
    sleep 0.1
  done
}

# --- all of it ---------------------------------------------------------------

write_env() {
  local registry node
  registry=$(cat "$STATE/registry")
  node=$(docker info --format '{{.Swarm.NodeID}}')
  cat >"$STATE/env.new" <<ENV
SLIPWAY_TEST_ENGINE=$(docker version --format '{{.Server.Version}}')
SLIPWAY_TEST_ENGINE_API=$(docker version --format '{{.Server.APIVersion}}')
SLIPWAY_TEST_REGISTRY=$registry
SLIPWAY_TEST_SWARM_NODE=$node
SLIPWAY_TEST_STATE=$STATE
ENV
  mv "$STATE/env.new" "$STATE/env"
}

summary() {
  local who="already there"
  pid_is "$(pid_in "$STATE/dockerd.pid" || true)" dockerd && who="started by up.sh"
  # shellcheck disable=SC1091
  . "$STATE/env"
  say "docker $SLIPWAY_TEST_ENGINE (API $SLIPWAY_TEST_ENGINE_API), $who"
  say "registry $SLIPWAY_TEST_REGISTRY"
  say "swarm node $SLIPWAY_TEST_SWARM_NODE, ready"
  [ ! -s "$STATE/images" ] || say "images: $(cut -f2 "$STATE/images" | sort | uniq -c | awk '{printf "%s%s %s", sep, $1, $2; sep=", "}')"
  say "ready in $SECONDS s; settings in $STATE/env"
}

lock_state
have git || need_packages "the example services and deploy templates are git repositories" git
have skopeo || need_packages "what was pushed is taken out of the registry by a client that is not ours" skopeo
have openssl || need_packages "registries with TLS and with signed tokens need certificates" openssl
have ssh-keygen || need_packages "commits of a deploy repository are signed with an SSH key" openssh-client
ensure_engine
ensure_registry
ensure_swarm
if ! have haproxy || ! have wrk; then need_packages "rollouts behind HAProxy are tested under load" haproxy wrk; fi
write_env
[ "$IMAGES" = 0 ] || QUIET=$QUIET "$here/images.sh" "${IMAGE_ARGS[@]}" 9>&-
summary
