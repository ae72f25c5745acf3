#!/usr/bin/env bash
# HAProxy 3 beside Debian's own, for the tests of servers that are added at run time: Debian 13's package with the libraries it was
# built for, unpacked into the state directory; nothing of the system is changed. Usage: haproxy-3.sh [--quiet]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "${1:-}" != --quiet ] || QUIET=1
# shellcheck source=lib.sh
. "$here/lib.sh"

SUITE=trixie
DIR=$STATE/haproxy-3
PACKAGES=(haproxy libc6 libcap2 libcrypt1 libgcc-s1 libjemalloc2 liblua5.4-0 libopentracing-c-wrapper0t64 libopentracing1
  libpcre2-8-0 libssl3t64 libstdc++6 libsystemd0 libzstd1 zlib1g)

works() { [ -x "$DIR/haproxy" ] && "$DIR/haproxy" -v >/dev/null 2>&1; }

# The machine's own mirror of Debian, by whatever name it has.
mirror() {
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    awk '/^URIs:.*\/debian\/?$/ { print $2; exit }' "$file" 2>/dev/null
  done | head -1
  grep -hoE '^deb (\[[^]]*\] )?[^ ]+/debian/? ' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk '{ print $NF }' | head -1 || true
}

# apt with lists, a source and a cache of its own.
own_apt() {
  "$1" -o Dir::Etc::sourcelist="$DIR/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$DIR/lists" \
    -o Dir::Cache="$DIR/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root "${@:2}" >>"$STATE/apt.log" 2>&1
}

unpack() {
  local uri deb
  uri=$(mirror | head -1)
  [ -n "$uri" ] || die "no Debian mirror is configured on this machine, so that HAProxy 3 cannot be had"
  rm -rf "$DIR"
  mkdir -p "$DIR"/{debs,root,lib,lists/partial,cache/archives/partial}
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$uri" "$SUITE" >"$DIR/sources.list"
  own_apt apt-get update -q || die "apt-get update for $SUITE failed; see $STATE/apt.log"
  (cd "$DIR/debs" && own_apt apt-get download "${PACKAGES[@]/%//$SUITE}") || die "cannot download HAProxy 3; see $STATE/apt.log"
  for deb in "$DIR"/debs/*.deb; do dpkg-deb -x "$deb" "$DIR/root"; done
  find "$DIR/root" -path '*x86_64-linux-gnu*' -name '*.so*' ! -path '*/gconv/*' -exec cp -a {} "$DIR/lib/" \;
  cp "$DIR/root/usr/sbin/haproxy" "$DIR/haproxy"
  patchelf --set-interpreter "$DIR/lib/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$DIR/lib" "$DIR/haproxy"
  rm -rf "$DIR"/{debs,root,lists,cache}
}

if ! works; then
  [ "$(uname -m)" = x86_64 ] || die "the package of HAProxy 3 is unpacked for x86_64 only"
  need_packages "HAProxy 3 is told where its libraries are" patchelf
  say "HAProxy 3 from Debian $SUITE, into $DIR"
  unpack
  works || die "HAProxy 3 does not start: $("$DIR/haproxy" -v 2>&1 | head -3)"
fi
say "$("$DIR/haproxy" -v | head -1)"
