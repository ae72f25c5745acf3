#!/usr/bin/env bash
# Undoes up.sh, and removes what the tests and the demo left: everything labelled io.slipway.*, the Swarm, the registry,
# the engine and the state directory, each only when it is ours. Usage: down.sh [--quiet] [--keep-cache]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

KEEP_CACHE=0
for arg in "$@"; do
  case $arg in
    --quiet) QUIET=1 ;;
    --keep-cache) KEEP_CACHE=1 ;;
    -h | --help)
      sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *)
      echo "down.sh: unknown argument $arg" >&2
      exit 2
      ;;
  esac
done
# shellcheck source=lib.sh
. "$here/lib.sh"

# --- inside the engine -------------------------------------------------------

# labelled KIND LABELS-TEMPLATE: reads ids, prints those with a label of ours. The engine filters by whole label names
# only, and we want every io.slipway.* there is or will be.
labelled() {
  xargs -r docker "$1" inspect --format "{{.ID}} {{json $2}}" 2>/dev/null | grep -F '"io.slipway.' | cut -d' ' -f1 | sort -u || true
}

# drop WHAT KIND COMMAND...: removes the ids on its standard input.
drop() {
  local what=$1 ids
  shift
  ids=$(cat)
  [ -n "$ids" ] || return 0
  say "removing $(wc -w <<<"$ids") $what"
  # shellcheck disable=SC2086
  docker "$@" $ids >/dev/null 2>&1 || note "some $what could not be removed"
}

remove_services() {
  [ "$(docker info --format '{{.Swarm.ControlAvailable}}')" = true ] || return 0
  docker service ls -q | labelled service .Spec.Labels | drop services service rm
  docker config ls -q | labelled config .Spec.Labels | drop configs config rm
  docker secret ls -q | labelled secret .Spec.Labels | drop secrets secret rm
}

# A service's tasks end some time after it: their networks are in use until then.
remove_networks() {
  local try ids
  for try in 1 2 3 4 5 6 7 8 9 10; do
    ids=$(docker network ls -q | xargs -r docker network inspect --format '{{.Id}} {{json .Labels}}' |
      grep -F '"io.slipway.' | cut -d' ' -f1 || true)
    [ -n "$ids" ] || return 0
    [ "$try" -gt 1 ] || say "removing $(wc -w <<<"$ids") networks"
    # shellcheck disable=SC2086
    docker network rm $ids >/dev/null 2>&1 && return
    sleep 1
  done
  note "some networks could not be removed"
}

remove_volumes() {
  docker volume ls -q | xargs -r docker volume inspect --format '{{.Name}} {{json .Labels}}' |
    grep -F '"io.slipway.' | cut -d' ' -f1 | drop volumes volume rm -f || true
}

our_images() {
  docker image ls -q | sort -u | xargs -r docker image inspect --format '{{.Id}} {{json .Config.Labels}}' 2>/dev/null |
    grep -F '"io.slipway.' | cut -d' ' -f1 || true
  # The ones that images.sh really pulled carry no label of ours.
  if [ -s "$STATE/pulled" ]; then sort -u "$STATE/pulled" | xargs docker image inspect --format '{{.Id}}' 2>/dev/null || true; fi
}

# In rounds: an image that others stand on can only go after them.
remove_images() {
  local round ids
  for round in 1 2 3 4 5; do
    ids=$(our_images)
    [ -n "$ids" ] || return 0
    [ "$round" -gt 1 ] || say "removing $(wc -w <<<"$ids") images"
    # shellcheck disable=SC2086
    docker image rm -f $ids >/dev/null 2>&1 || true
  done
  [ -z "$(our_images)" ] || note "some images could not be removed"
}

clean_engine() {
  if ! have docker || ! engine_answers; then
    say "no engine answers: nothing to clean in it"
    return
  fi
  remove_services
  docker ps -aq | xargs -r docker inspect --format '{{.Id}} {{json .Config.Labels}}' | grep -F '"io.slipway.' | cut -d' ' -f1 |
    drop containers rm -f -v || true
  remove_networks
  remove_volumes
  remove_images
  if [ -e "$STATE/swarm-ours" ] && [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" != inactive ]; then
    say "leaving the Swarm that up.sh made"
    docker swarm leave --force >/dev/null || note "could not leave the Swarm"
  fi
}

# --- daemons -----------------------------------------------------------------

stop_registry() {
  local pid
  pid=$(pid_in "$STATE/registry.pid" || true)
  pid_is "${pid:-}" docker-registry || return 0
  say "stopping the registry ($pid)"
  stop_pid "$pid" docker-registry 5
}

stop_second_engines() {
  local dir
  for dir in /run/slipway-second/*/; do
    [ -d "$dir" ] || continue
    say "stopping the second engine $(basename "$dir")"
    "$here/second.sh" stop "$(basename "$dir")" 9>&-
  done
}

unmount_below() {
  awk -v d="$1" 'index($5, d "/") == 1 { print $5 }' /proc/self/mountinfo | sort -r | while IFS= read -r path; do
    umount "$path" 2>/dev/null || umount -l "$path" 2>/dev/null || true
  done
}

stop_engine() {
  local pid containerd
  [ -e "$STATE/engine-ours" ] || {
    say "the engine is not ours: it stays"
    return 0
  }
  pid=$(pid_in "$STATE/engine-ours" || true)
  containerd=$(pid_in /var/run/docker/containerd/containerd.pid || true)
  if pid_is "${pid:-}" dockerd; then
    say "stopping dockerd ($pid)"
    stop_pid "$pid" dockerd 30
  elif engine_answers; then
    say "the engine that answers now is not the one that up.sh started: it stays"
    return 0
  fi
  stop_pid "${containerd:-}" containerd 10
  [ -e "$STATE/data-ours" ] || {
    say "/var/lib/docker had content before up.sh first started the engine: it stays"
    return 0
  }
  say "removing /var/lib/docker, which was empty or absent before up.sh first started the engine"
  unmount_below /var/lib/docker
  unmount_below /var/run/docker
  unmount_below /run/docker
  # A mount point of its own cannot go, but its content can.
  rm -rf /var/lib/docker /var/run/docker /var/run/docker.pid /var/run/docker.sock 2>/dev/null ||
    [ -z "$(ls -A /var/lib/docker 2>/dev/null)" ] || note "not all of /var/lib/docker could be removed"
  ip link delete docker0 2>/dev/null || true
  ip link delete docker_gwbridge 2>/dev/null || true
}

remove_state() {
  if [ -s "$STATE/installed" ]; then
    say "packages stay; remove them with: apt-get remove $(sort -u "$STATE/installed" | tr '\n' ' ')"
  fi
  if [ "$KEEP_CACHE" = 1 ]; then
    # The list of installed packages stays with the downloads, or the next down.sh could not name them.
    find "$STATE" -mindepth 1 -maxdepth 1 ! -name cache ! -name installed ! -name lock -exec rm -rf {} +
    say "downloads stay in $STATE/cache"
  else
    rm -rf "$STATE"
    say "removed $STATE"
  fi
}

[ -d "$STATE" ] || {
  say "nothing to do: $STATE does not exist"
  exit 0
}
lock_state
stop_second_engines
clean_engine
stop_registry
stop_engine
remove_state
