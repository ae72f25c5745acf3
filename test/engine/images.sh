#!/usr/bin/env bash
# Makes sure the base images that the tests and the demo name are in the engine: what is there is kept, then a real
# pull is tried, then a labelled stand-in is built. Usage: images.sh [--quiet] [--all] [NAME...]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

NAMES=(debian:bookworm-slim eclipse-temurin:17-jre eclipse-temurin:17-jdk maven:3.9-eclipse-temurin-17 node:22-slim
  golang:1.26 gcr.io/distroless/static-debian12:nonroot)
MORE=(node:20-slim node:24-slim)

ALL=0
WANTED=()
for arg in "$@"; do
  case $arg in
    --quiet) QUIET=1 ;;
    --all) ALL=1 ;;
    -h | --help)
      sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    -*)
      echo "images.sh: unknown argument $arg" >&2
      exit 2
      ;;
    *) WANTED+=("$arg") ;;
  esac
done
# shellcheck source=lib.sh
. "$here/lib.sh"

if [ ${#WANTED[@]} = 0 ]; then
  WANTED=("${NAMES[@]}")
  [ "$ALL" = 0 ] || WANTED+=("${MORE[@]}")
fi

LABEL=io.slipway.stand-in
CACHE=$STATE/cache
# shellcheck source=image-recipes.sh
. "$here/image-recipes.sh"
# shellcheck source=image-sources.sh
. "$here/image-sources.sh"

# --- what is there already ---------------------------------------------------

# Prints present, stand-in (of this recipe), stale (stand-in of another recipe) or missing.
state_of() {
  local label
  label=$(docker image inspect --format "{{index .Config.Labels \"$LABEL\"}}" "$1" 2>/dev/null) || {
    echo missing
    return
  }
  case $label in
    "" | "<no value>") grep -qxF "$1" "$STATE/pulled" 2>/dev/null && echo pulled || echo present ;;
    "$(recipe_hash "$1")") echo stand-in ;;
    *) echo stale ;;
  esac
}

# --- real pulls --------------------------------------------------------------

declare -A UNREACHABLE=()

registry_of() {
  case $1 in
    *.*/*) echo "${1%%/*}" ;;
    *) echo docker.io ;;
  esac
}

# The engine prints layer states, not bytes: a minute without a first line means no way out, five mean a stuck layer.
watched_pull() {
  local log=$2 pid size=0 last=0 quiet=0
  : >"$log"
  docker pull "$1" >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.1
    quiet=$((quiet + 1))
    size=$(stat -c %s "$log")
    [ "$size" = "$last" ] || quiet=0
    last=$size
    if [ "$quiet" -ge 3000 ] || { [ "$size" = 0 ] && [ "$quiet" -ge 600 ]; }; then
      kill "$pid" 2>/dev/null || true
      echo "no progress" >>"$log"
    fi
  done
  wait "$pid"
}

# One failed connection settles it for every image of that registry; "not found" settles only the one image.
real_pull() {
  local registry log=$STATE/pull.log
  registry=$(registry_of "$1")
  [ -z "${UNREACHABLE[$registry]:-}" ] || return 1
  if watched_pull "$1" "$log"; then
    echo "$1" >>"$STATE/pulled"
    return
  fi
  grep -qiE 'manifest unknown|not found|denied|unauthorized' "$log" && return 1
  UNREACHABLE[$registry]=1
  say "$registry cannot be pulled from: $(tail -n 1 "$log" | cut -c1-160)"
  return 1
}

# --- building ----------------------------------------------------------------

# The debs directory is shared by parallel builds which only read it, hence no locks.
APT='apt-get -q --no-install-recommends -o Dir::Cache::archives=/mnt -o APT::Sandbox::User=root -o Debug::NoLocking=true'

changes_of() {
  local line
  CHANGES=()
  while IFS= read -r line; do CHANGES+=(--change "$line"); done < <(config_of "$1")
  CHANGES+=(--change "LABEL $LABEL=$(recipe_hash "$1")")
}

# import_base SUITE
import_base() {
  changes_of "slipway-stand-in-base:$1"
  docker import "${CHANGES[@]}" "$(base_tar "$1")" "slipway-stand-in-base:$1" >/dev/null
}

# build NAME PARENT [FILES]: PARENT + packages + script + the files of that directory, as one layer.
build() {
  local name=$1 parent=$2 files=${3:-} box script list
  box=slipway-stand-in-$$-$(printf %s "$name" | tr -c 'a-z0-9' -)
  # Java's packages register their manuals, whose directory a slim base does not have.
  script="set -e; export DEBIAN_FRONTEND=noninteractive; mkdir -p /usr/share/man/man1; "
  list=$(packages_of "$name")
  if [ -n "$list" ]; then
    script+="$APT install -y --no-download $list; "
    script+="rm -rf /var/log/*.log /var/log/apt/* /var/cache/debconf/*-old /var/lib/dpkg/*-old; "
  fi
  script+=$(script_of "$name")
  docker run --name "$box" --network none -v "$CACHE/debs:/mnt" -v "$CACHE/lists-$(suite_of "$name"):/var/lib/apt/lists" "$parent" \
    sh -c "$script" >"$CACHE/$box.log" 2>&1 || {
    tail -n 20 "$CACHE/$box.log" >&2
    docker rm -f "$box" >/dev/null 2>&1 || true
    note "building the stand-in for $name failed"
    return 1
  }
  rm -f "$CACHE/$box.log"
  [ -z "$files" ] || "$files" "$name" | docker cp - "$box:/"
  changes_of "$name"
  docker commit "${CHANGES[@]}" "$box" "$name" >/dev/null
  docker rm -f "$box" >/dev/null
}

entrypoint() { # FILE: a script that only runs its arguments, where the official image has one with more to do
  mkdir -p "$(dirname "$1")"
  printf '#!/bin/sh\nexec "$@"\n' >"$1"
  chmod 755 "$1"
}

java_files() {
  local dir
  dir=$(mktemp -d "$CACHE/files.XXXXXX")
  entrypoint "$dir/__cacert_entrypoint.sh"
  tar -C "$dir" --owner=0 --group=0 -c __cacert_entrypoint.sh
  rm -rf "$dir"
}

maven_files() {
  local dir
  dir=$(mktemp -d "$CACHE/files.XXXXXX")
  entrypoint "$dir/usr/local/bin/mvn-entrypoint.sh"
  mkdir -p "$dir/usr/share" "$dir/usr/bin"
  cp -R "$CACHE/maven-$MAVEN_VERSION" "$dir/usr/share/maven"
  ln -s ../share/maven/bin/mvn "$dir/usr/bin/mvn"
  tar -C "$dir" --owner=0 --group=0 -c usr
  rm -rf "$dir"
}

node_files() {
  local dir major lib
  major=$(node_major "$1")
  dir=$(mktemp -d "$CACHE/files.XXXXXX")
  lib=$dir/usr/local/lib/node_modules
  mkdir -p "$dir/usr/local/bin" "$lib"
  cp "$CACHE/node-$major/bin/node" "$dir/usr/local/bin/node"
  cp -R "$CACHE/npm-$(npm_major "$major")" "$lib/npm"
  cp -R "$CACHE/corepack" "$lib/corepack"
  case $1 in *-slim) ;; *) cp -R "$CACHE/node-headers-$major" "$dir/usr/local/include" ;; esac
  chmod 755 "$dir/usr/local/bin/node" "$lib/npm/bin/npm-cli.js" "$lib/npm/bin/npx-cli.js" "$lib/corepack/dist/corepack.js"
  ln -s node "$dir/usr/local/bin/nodejs"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$dir/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$dir/usr/local/bin/npx"
  ln -s ../lib/node_modules/corepack/dist/corepack.js "$dir/usr/local/bin/corepack"
  # The official entry point: options and names that are no command go to node.
  cat >"$dir/usr/local/bin/docker-entrypoint.sh" <<'SH'
#!/bin/sh
set -e
if [ "${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ] || { [ -f "$1" ] && ! [ -x "$1" ]; }; then
  set -- node "$@"
fi
exec "$@"
SH
  chmod 755 "$dir/usr/local/bin/docker-entrypoint.sh"
  tar -C "$dir" --owner=0 --group=0 -c usr
  rm -rf "$dir"
}

go_files() {
  local root
  root=$CACHE/go-$(go_patch "$1")
  ! host_go_is "$1" || root=$(cd / && GOTOOLCHAIN=local go env GOROOT)
  # Tests of the toolchain itself would be a tenth of the image.
  tar -C "$root" --owner=0 --group=0 --exclude=./test --exclude=./api --exclude=testdata \
    --transform 's,^\./,usr/local/go/,;s,^\.$,usr/local/go,' -c .
}

# libraries_into DIRECTORY PACKAGE...: the files of Debian's packages, without their documentation.
libraries_into() {
  local dir=$1 name deb
  shift
  for name in "$@"; do
    deb=$(find "$CACHE/debs" -maxdepth 1 -name "${name}_*_amd64.deb" | grep -F "$(debs_of_bookworm "$name")" | head -n 1)
    dpkg-deb -x "$deb" "$dir"
  done
  rm -rf "$dir/usr/share/doc" "$dir/usr/share/lintian"
}

# The version of a package that the Debian 12 lists name, as it stands in a file name.
debs_of_bookworm() {
  docker run --rm --network none -v "$CACHE/lists-bookworm:/var/lib/apt/lists" slipway-stand-in-base:bookworm \
    sh -c "apt-cache policy $1" | sed -n 's/^ *Candidate: //p' | sed 's/:/%3a/'
}

build_distroless() {
  local name=$1 dir parts
  dir=$(mktemp -d "$CACHE/files.XXXXXX")
  # Certificates and time zones are Debian's own, out of the base.
  mkdir -p "$dir/etc" "$dir/root" "$dir/home/nonroot" "$dir/tmp" "$dir/var/run" "$dir/usr/sbin"
  parts=(./etc/ssl/certs/ca-certificates.crt ./usr/share/zoneinfo ./etc/debian_version ./usr/lib/os-release ./etc/os-release)
  tar -C "$dir" -xf "$(base_tar bookworm)" "${parts[@]}"
  chmod 1777 "$dir/tmp"
  chmod 700 "$dir/root" "$dir/home/nonroot"
  cat >"$dir/etc/passwd" <<'TXT'
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
TXT
  printf 'root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n' >"$dir/etc/group"
  printf 'hosts: files dns\n' >"$dir/etc/nsswitch.conf"
  # shellcheck disable=SC2046 # a list of names
  libraries_into "$dir" $(distroless_libraries "$name")
  # docker import may not read labels' owners from a map: the one directory that is not root's goes in by number.
  chown -R 0:0 "$dir"
  chown 65532:65532 "$dir/home/nonroot"
  changes_of "$name"
  tar -C "$dir" --numeric-owner -c . | docker import "${CHANGES[@]}" - "$name" >/dev/null
  rm -rf "$dir"
}

make() {
  local name=$1 parent begin=$SECONDS sibling
  parent=$(base_of "$name")
  sibling=$(sibling_of "$name")
  [ -z "$sibling" ] || [ "$(state_of "$sibling")" != stand-in ] || parent=$sibling
  case $(kind_of "$name") in
    debian)
      changes_of "$name"
      docker import "${CHANGES[@]}" "$(base_tar bookworm)" "$name" >/dev/null
      ;;
    jre | jdk) build "$name" "$parent" java_files ;;
    maven) build "$name" "$parent" maven_files ;;
    gradle) build "$name" "$parent" java_files ;;
    go) build "$name" "$parent" go_files ;;
    node) build "$name" "$parent" node_files ;;
    distroless) build_distroless "$name" ;;
  esac
  say "$name: stand-in built in $((SECONDS - begin)) s"
}

# --- all of it ---------------------------------------------------------------

# A failed part of a parallel run must fail the whole, once every part has ended.
wait_all() {
  local pid rc=0
  for pid in "$@"; do wait "$pid" || rc=1; done
  return "$rc"
}

# Two lanes for two cores: Java's images stand on each other, the others do not.
build_all() {
  local name java=() others=()
  for name in "$@"; do
    case $(kind_of "$name") in
      jre | jdk | maven | gradle) java+=("$name") ;;
      go) others=("$name" "${others[@]}") ;;
      *) others+=("$name") ;;
    esac
  done
  (for name in "${java[@]}"; do make "$name"; done) &
  local lane=$!
  (for name in "${others[@]}"; do make "$name"; done) &
  # Not "build_all || die": inside such a condition bash ignores set -e, and a failed step would count as done.
  wait_all "$lane" $! || die "not all base images could be built"
}

need_tools() {
  local packages=() name
  for name in "$@"; do
    [ -s "$(base_tar "$(suite_of "$name")")" ] || have debootstrap || packages+=(debootstrap)
    case $(kind_of "$name") in
      maven) [ -d "$CACHE/maven-$MAVEN_VERSION" ] || have mvn || packages+=(maven) ;;
      go) have go || packages+=(golang-go) ;;
      node) have npm || packages+=(npm) ;;
    esac
  done
  [ ${#packages[@]} = 0 ] || need_packages "base images have to be built" "${packages[@]}"
}

# The names, each after the sibling it can stand on.
in_building_order() {
  local kind name
  for kind in debian jre jdk maven gradle go node distroless; do
    for name in "$@"; do [ "$(kind_of "$name")" != "$kind" ] || echo "$name"; done
  done
}

of_suite() {
  local suite=$1 name
  shift
  for name in "$@"; do [ "$(suite_of "$name")" != "$suite" ] || echo "$name"; done
}

stand_ins() {
  local name suite suites jobs=() all
  need_root "building base images"
  mkdir -p "$CACHE"
  mapfile -t all < <(in_building_order "$@")
  need_tools "${all[@]}"
  say "building stand-ins for ${all[*]} (labelled $LABEL; they are not the official images)"
  for name in "${all[@]}"; do
    case $(kind_of "$name") in
      maven) fetched=maven ;;
      go) fetch_go "$name" & jobs+=($!) ;;
    esac
  done
  if [ "${fetched:-}" = maven ]; then fetch_maven & jobs+=($!); fi
  # One after the other in the background: two majors share their npm package.
  (for name in "${all[@]}"; do
    case $(kind_of "$name") in node) fetch_node "$(node_major "$name")" ;; *) continue ;; esac
    case $name in *-slim) ;; *) fetch_headers "$(node_major "$name")" ;; esac
  done) &
  jobs+=($!)
  suites=$(for name in "${all[@]}"; do suite_of "$name"; done | sort -u)
  for suite in $suites; do
    fetch_base "$suite"
    [ "$(state_of "slipway-stand-in-base:$suite")" = stand-in ] || import_base "$suite"
    mapfile -t names < <(of_suite "$suite" "${all[@]}")
    fetch_packages "$suite" "${names[@]}"
  done
  wait_all "${jobs[@]}" || die "downloads failed, see above"
  build_all "${all[@]}"
}

clean_up() {
  local box pid
  # When one part failed, the downloads beside it have nobody to wait for them any more.
  for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
  for box in $(docker ps -aq --filter "name=^slipway-stand-in-$$-" 2>/dev/null); do docker rm -f "$box" >/dev/null 2>&1 || true; done
  rm -rf "$CACHE"/{files,npm,maven,bootstrap}.??????
}

# The file that tests read: every name that was ever asked for, and what it is.
report() {
  local name state
  {
    [ ! -f "$STATE/images" ] || cut -f1 "$STATE/images"
    printf '%s\n' "${NAMES[@]}" "${WANTED[@]}"
  } | awk '!seen[$0]++' | while read -r name; do
    state=$(state_of "$name")
    [ "$state" = missing ] || printf '%s\t%s\n' "$name" "$state"
  done >"$STATE/images.new"
  mv "$STATE/images.new" "$STATE/images"
  for name in "${WANTED[@]}"; do say "image $name: $(awk -F '\t' -v n="$name" '$1 == n { print $2 }' "$STATE/images")"; done
}

# Two runs at once would build the same image twice. up.sh holds its own lock while it calls this.
lock_images() {
  exec 8>"$STATE/images.lock"
  flock -w 1200 8 || die "another run has held $STATE/images.lock for 20 minutes"
}

main() {
  local name todo=()
  mkdir -p "$STATE"
  engine_answers || die "no Docker engine answers; run up.sh first"
  lock_images
  for name in "${WANTED[@]}"; do
    case $(state_of "$name") in
      missing) real_pull "$name" || todo+=("$name") ;;
      stale) todo+=("$name") ;;
    esac
  done
  for name in "${todo[@]}"; do kind_of "$name" >/dev/null || die "$name cannot be pulled, and there is no recipe for a stand-in"; done
  trap clean_up EXIT
  [ ${#todo[@]} = 0 ] || stand_ins "${todo[@]}"
  report
}

main
