# shellcheck shell=bash
# Shared by up.sh, images.sh, down.sh and second.sh: state directory, messages, processes, packages.

# Files made here go into images: their modes must not depend on the caller's umask.
umask 022

# Everything these scripts make or remember lives in one directory, so that down.sh can undo exactly that.
STATE=${SLIPWAY_ENGINE_STATE:-${XDG_CACHE_HOME:-$HOME/.cache}/slipway-engine}
QUIET=${QUIET:-0}

# The client asks for BuildKit through a plugin that need not be there, and prints hints nobody reads in a log.
export DOCKER_CLI_HINTS=false

say() { [ "$QUIET" = 1 ] || printf 'engine: %s\n' "$*"; }
note() { printf 'engine: %s\n' "$*" >&2; }
die() {
  note "error: $*"
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
need_root() { [ "$(id -u)" = 0 ] || die "$1 needs root; run this as root"; }

# Daemon binaries live in sbin, which is not on every PATH (cron, CI shells).
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# --- one run at a time -------------------------------------------------------

# Two runs at once would start two daemons. Descriptor 9 is closed for everything that outlives the script.
lock_state() {
  mkdir -p "$STATE"
  exec 9>"$STATE/lock"
  flock -n 9 && return
  say "another run holds $STATE/lock, waiting for it"
  flock -w 900 9 || die "another run has held $STATE/lock for 15 minutes"
}

# --- processes, always by id -------------------------------------------------

# pid_is PID NAME: that process runs, and is that program (ids are reused after a crash or a reboot).
pid_is() {
  [ -n "$1" ] && [ -r "/proc/$1/comm" ] || return 1
  [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ] || return 1
  # One that has ended but was not collected yet does not run.
  ! grep -qs '^State:[[:space:]]*[ZX]' "/proc/$1/status"
}

pid_in() { [ -r "$1" ] && tr -dc '0-9' <"$1"; }

# stop_pid PID NAME SECONDS: TERM, then KILL after that time; nothing when the id is somebody else's.
stop_pid() {
  local pid=$1 name=$2 left=$(($3 * 10))
  pid_is "$pid" "$name" || return 0
  kill "$pid" 2>/dev/null || return 0
  while pid_is "$pid" "$name" && [ "$left" -gt 0 ]; do
    sleep 0.1
    left=$((left - 1))
  done
  pid_is "$pid" "$name" || return 0
  note "$name ($pid) did not stop in $3 s: killed"
  kill -9 "$pid" 2>/dev/null || true
  sleep 0.3
}

# detach LOG COMMAND...: a session of its own, no terminal and no lock, so it survives the shell; leaves DETACHED_PID.
detach() {
  local log=$1
  shift
  setsid "$@" </dev/null >>"$log" 2>&1 9>&- &
  # shellcheck disable=SC2034 # for the caller
  DETACHED_PID=$!
  disown
}

# http_ok HOST PORT PATH: answers with 200 or 401. In bash, because a bare machine need not have curl.
http_ok() {
  local status
  # shellcheck disable=SC2016 # expanded by the inner shell
  status=$(timeout 2 bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf "GET %s HTTP/1.0\r\nHost: %s:%s\r\n\r\n" "$3" "$1" "$2" >&3
    read -r _ code _ <&3
    printf %s "$code"' _ "$1" "$2" "$3" 2>/dev/null) || return 1
  [ "$status" = 200 ] || [ "$status" = 401 ]
}

port_taken() { timeout 2 bash -c "exec 3<>/dev/tcp/127.0.0.1/$1" 2>/dev/null; }

# --- packages ----------------------------------------------------------------

installed() { [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]; }

apt_install() {
  # Debian would start some of these as services; our scripts start what they need themselves, where they can stop it.
  local policy=/usr/sbin/policy-rc.d ours=0 rc=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    ours=1
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >>"$STATE/apt.log" 2>&1 9>&- || rc=$?
  [ "$ours" = 0 ] || rm -f "$policy"
  return "$rc"
}

# need_packages WHY PACKAGE...: installs what is missing, and says so. The list is refreshed once, only when needed.
need_packages() {
  local why=$1 missing=() p
  shift
  for p in "$@"; do installed "$p" || missing+=("$p"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  need_root "installing ${missing[*]}"
  mkdir -p "$STATE"
  say "apt-get install ${missing[*]}: $why"
  if [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null)" ] || ! apt_install "${missing[@]}"; then
    say "apt-get update: the package lists are missing or out of date"
    # One unreachable third-party source must not stop us: what matters is whether the install works.
    apt-get update -q >>"$STATE/apt.log" 2>&1 9>&- || true
    apt_install "${missing[@]}" || {
      tail -n 15 "$STATE/apt.log" >&2
      die "could not install ${missing[*]}"
    }
  fi
  printf '%s\n' "${missing[@]}" >>"$STATE/installed"
}

# --- engine ------------------------------------------------------------------

engine_answers() { timeout 5 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
