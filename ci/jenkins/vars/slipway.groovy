import groovy.json.JsonSlurperClassic

/**
 * One command of Slipway as a pipeline step; a thin layer over the command line.
 *
 *   def release = slipway(registry: 'registry.example.com/team', credentialsId: 'registry', args: ['--env', 'staging'])
 *   echo release.image
 *
 * command        ship (default), detect, preview, build, push or deploy
 * directory      directory of the project, from the current one; default '.'
 * registry       registry to push to; also the host that credentialsId is for
 * credentialsId  a username-and-password credential for the registry
 * args           further options of the command line, as a list: nothing in it is read by a shell
 * npmPackage     npm package or tarball to run; default SLIPWAY_PACKAGE of the environment, or 'slipway@^0.1'
 *
 * Returns the release after ship and push (version, tags, digest, repository, kind, commit, size, and image:
 * repository:tag@digest), and null after the others. ship and push also name the build after the version.
 * The agent needs git and Node 20.19 or newer, and reaches a Docker engine.
 */
def call(Map options = [:]) {
  String command = options.command ?: 'ship'
  boolean releases = command in ['ship', 'push']
  // Beside the workspace: a file in it would make the tree differ from its commit.
  String releaseFile = pwd(tmp: true) + '/slipway-release.json'
  List words = ['npx', '--yes', '--package', options.npmPackage ?: env.SLIPWAY_PACKAGE ?: 'slipway@^0.1', '--', 'slipway']
  words += [command, options.directory ?: '.']
  if (options.registry) words += ['--registry', options.registry]
  if (releases) words += ['--out', releaseFile]
  words += (options.args ?: [])
  String commandLine = quoteWords(words)

  if (options.credentialsId) {
    runLoggedIn(commandLine, options)
  } else {
    sh(label: 'slipway ' + command, script: commandLine)
  }
  if (!releases) return null
  Map release = parseRelease(readFile(file: releaseFile, encoding: 'UTF-8'))
  currentBuild.displayName = '#' + env.BUILD_NUMBER + ' ' + release.version
  return release
}

/** The login is in the environment of this one shell: on no disk, in no argument, and in no log (`set +x`: the shell traces its commands). */
private void runLoggedIn(String commandLine, Map options) {
  String host = (options.registry ?: '').split('/')[0]
  if (!host) error('slipway: credentialsId needs registry, the registry that it is for')
  withCredentials([usernamePassword(
    credentialsId: options.credentialsId, usernameVariable: 'REGISTRY_USER', passwordVariable: 'REGISTRY_PASSWORD')]) {
    withEnv(['REGISTRY_HOST=' + host]) {
      sh(label: 'slipway', script: loginScript() + commandLine)
    }
  }
}

private String loginScript() {
  return '''set +x
DOCKER_AUTH_CONFIG=$(node -e '
  const { DOCKER_AUTH_CONFIG, REGISTRY_HOST, REGISTRY_USER, REGISTRY_PASSWORD } = process.env;
  const config = JSON.parse(DOCKER_AUTH_CONFIG || "{}");
  const auth = Buffer.from(REGISTRY_USER + ":" + REGISTRY_PASSWORD).toString("base64");
  const host = REGISTRY_HOST === "docker.io" ? "https://index.docker.io/v1/" : REGISTRY_HOST;
  console.log(JSON.stringify({ ...config, auths: { ...config.auths, [host]: { auth } } }));')
export DOCKER_AUTH_CONFIG
unset REGISTRY_USER REGISTRY_PASSWORD
'''
}

/** Words as a POSIX shell reads them back unchanged: each in single quotes. */
@NonCPS
private String quoteWords(List words) {
  return words.collect { "'" + it.toString().replace("'", "'\\''") + "'" }.join(' ')
}

/** JsonSlurperClassic: its maps are serialisable, as a pipeline's values must be. */
@NonCPS
private Map parseRelease(String text) {
  Map release = new JsonSlurperClassic().parseText(text)
  release.image = release.repository + ':' + release.tags[0] + '@' + release.digest
  return release
}
