# shellcheck shell=bash
# What each stand-in is: read by images.sh. A name is a pattern's, so that any version of a kind can be asked for.

STATIC=gcr.io/distroless/static-debian12:nonroot
REVISION=2
GO_PATCHES="1.23.12 1.24.11 1.25.5 1.26.8" # the patch release of each minor; the machine's own Go where it is of that minor
MAVEN_VERSION=3.9.11
GO_PACKAGES="ca-certificates gcc git libc6-dev make"
SYSTEM_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# kind_of NAME: debian, base, jre, jdk, maven, gradle, node, go or distroless; fails for a name without a recipe.
kind_of() {
  case $1 in
    slipway-stand-in-base:*) echo base ;;
    debian:bookworm-slim) echo debian ;;
    eclipse-temurin:*-jre) java_of "$1" >/dev/null && echo jre ;;
    eclipse-temurin:*-jdk) java_of "$1" >/dev/null && echo jdk ;;
    maven:3.9-eclipse-temurin-*) java_of "$1" >/dev/null && echo maven ;;
    gradle:*-jdk11) echo gradle ;;
    node:18-slim | node:20-slim | node:22-slim | node:24-slim | node:18 | node:20 | node:22 | node:24) echo node ;;
    golang:*) [ -n "$(go_patch "$1")" ] && echo go ;;
    gcr.io/distroless/static-debian12:nonroot | gcr.io/distroless/base-debian12:nonroot | gcr.io/distroless/cc-debian12:nonroot) echo distroless ;;
    *) return 1 ;;
  esac
}

# The Java major in a name: 11, 17, 21 or 25.
java_of() {
  local major
  major=$(grep -oE '(:|-|jdk)(11|17|21|25)(-jre|-jdk)?$' <<<"$1" | grep -oE '(11|17|21|25)' | head -n 1)
  [ -n "$major" ] && echo "$major"
}

go_minor() { grep -oE '^golang:1\.[0-9]+' <<<"$1" | cut -d: -f2; }
go_patch() { tr ' ' '\n' <<<"$GO_PATCHES" | grep -E "^$(go_minor "$1" | sed 's/\./\\./')\." || true; }
node_major() { printf '%s' "${1%-slim}" | tr -dc '0-9'; }
npm_major() { [ "$1" -ge 24 ] && echo 11 || echo 10; }

# The Debian release that has what the image needs.
suite_of() {
  case $(kind_of "$1") in
    base) echo "${1#*:}" ;;
    jre | jdk | maven | gradle)
      case $(java_of "$1") in
        11) echo bullseye ;;
        17) echo bookworm ;;
        *) echo trixie ;;
      esac
      ;;
    *) echo bookworm ;;
  esac
}

base_of() { echo "slipway-stand-in-base:$(suite_of "$1")"; }

# The image of the same family that it stands on, when that is a stand-in too: half of the packages are there already.
sibling_of() {
  case $(kind_of "$1") in
    jdk) echo "${1%-jdk}-jre" ;;
    maven | gradle) echo "eclipse-temurin:$(java_of "$1")-jdk" ;;
  esac
}

jre_packages() { echo "openjdk-$1-jre-headless ca-certificates curl tzdata"; }
jdk_packages() { echo "$(jre_packages "$1") openjdk-$1-jdk-headless bash unzip"; }

packages_of() {
  case $(kind_of "$1") in
    jre) jre_packages "$(java_of "$1")" ;;
    jdk | maven) jdk_packages "$(java_of "$1")" ;;
    # Debian's Gradle is 4.4.1, whatever the name says: the only one that can be had without Gradle's own servers.
    gradle) echo "$(jdk_packages 11) gradle" ;;
    go) echo "$GO_PACKAGES" ;;
    # The full image, not the slim one, has what node-gyp needs.
    node) case $1 in *-slim) ;; *) echo "ca-certificates g++ git make python3" ;; esac ;;
  esac
}

# The image configuration, as Dockerfile instructions, in the shape of the official image's.
config_of() {
  case $(kind_of "$1") in
    debian | base) printf '%s\n' "ENV PATH=$SYSTEM_PATH" 'CMD ["bash"]' ;;
    jre | jdk | maven | gradle)
      printf '%s\n' "ENV JAVA_HOME=/opt/java/openjdk" "ENV PATH=/opt/java/openjdk/bin:$SYSTEM_PATH" \
        "ENV LANG=C.UTF-8" "ENV LC_ALL=C.UTF-8"
      case $(kind_of "$1") in
        jre) printf '%s\n' 'ENTRYPOINT ["/__cacert_entrypoint.sh"]' 'CMD []' ;;
        jdk) printf '%s\n' 'ENTRYPOINT ["/__cacert_entrypoint.sh"]' 'CMD ["jshell"]' ;;
        maven) printf '%s\n' "ENV MAVEN_HOME=/usr/share/maven" "ENV MAVEN_CONFIG=/root/.m2" \
          'ENTRYPOINT ["/usr/local/bin/mvn-entrypoint.sh"]' 'CMD ["mvn"]' ;;
        gradle) printf '%s\n' 'CMD ["gradle"]' ;;
      esac
      ;;
    go)
      printf '%s\n' "ENV GOPATH=/go" "ENV GOTOOLCHAIN=local" "ENV PATH=/go/bin:/usr/local/go/bin:$SYSTEM_PATH" \
        "WORKDIR /go" 'CMD ["bash"]'
      ;;
    node) printf '%s\n' "ENV PATH=$SYSTEM_PATH" 'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["node"]' ;;
    distroless)
      printf '%s\n' "ENV PATH=$SYSTEM_PATH" "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt" \
        "USER 65532" "WORKDIR /home/nonroot"
      ;;
  esac
}

# What runs inside, after the packages and before the files are copied in.
# shellcheck disable=SC2016 # expanded inside
script_of() {
  case $(kind_of "$1") in
    jre | jdk) echo 'mkdir -p /opt/java; ln -sfn "$(ls -d /usr/lib/jvm/java-'"$(java_of "$1")"'-openjdk-*)" /opt/java/openjdk' ;;
    node) echo 'groupadd --gid 1000 node; useradd --uid 1000 --gid node --shell /bin/bash --create-home node' ;;
    go) echo 'mkdir -p /go/src /go/bin; chmod -R 1777 /go' ;;
  esac
}

sources_of() {
  case $(kind_of "$1") in
    maven) echo "maven $MAVEN_VERSION" ;;
    go) echo "go $(go_patch "$1")" ;;
    node) echo "node $(node_major "$1") npm $(npm_major "$(node_major "$1")") corepack$(case $1 in *-slim) ;; *) echo " headers" ;; esac)" ;;
    distroless) case $1 in *static*) ;; *) distroless_libraries "$1" ;; esac ;;
  esac
}

# What the images with a C library have beside the static one's files.
distroless_libraries() {
  case $1 in
    *base-debian12*) echo libc6 libssl3 ;;
    *cc-debian12*) echo libc6 libssl3 libgcc-s1 libstdc++6 ;;
  esac
}

recipe_hash() {
  { echo "$REVISION"; packages_of "$1"; config_of "$1"; script_of "$1"; sources_of "$1"; } | sha256sum | cut -d' ' -f1
}
