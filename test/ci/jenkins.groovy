// A stand-in for Jenkins: it has the steps that ci/jenkins uses, and no CPS transformation, sandbox or agents. `sh` really runs.
//   groovy jenkins.groovy VARS_DIRECTORY PIPELINE_FILE WORKSPACE
// Credentials are in STAND_IN_CREDENTIALS (id=user:password). The last lines are `displayName=…` and `result=…`.
import org.codehaus.groovy.control.CompilerConfiguration
import org.codehaus.groovy.control.customizers.ImportCustomizer
import java.lang.annotation.*

@Retention(RetentionPolicy.RUNTIME)
@interface NonCPS {}

@Retention(RetentionPolicy.RUNTIME)
@interface Library { String[] value() }

/** What the steps share: environment, working directory, the build. */
class Build {
  File workspace
  File temporary
  List<Map> environments = []
  Map currentBuild = [displayName: '#7', result: null]
  Map env = [BUILD_NUMBER: '7', SLIPWAY_PACKAGE: System.getenv('SLIPWAY_PACKAGE')]

  Map environment() {
    Map all = [JENKINS_URL: 'https://jenkins.example.com/', WORKSPACE: workspace.path] + ['BUILD_NUMBER', 'BRANCH_NAME', 'TAG_NAME', 'CHANGE_ID']
      .collectEntries { [it, env[it]] }.findAll { it.value != null }
    environments.each { all += it }
    return all
  }
}

/** Base of every script: the steps are its methods. */
abstract class Steps extends Script {
  Build getBuild() { binding.getVariable('build') }
  Map getEnv() { build.env }
  Map getCurrentBuild() { build.currentBuild }

  /** As the durable-task plugin does: a file, run by `sh -xe`. */
  def sh(Map step) {
    File file = new File(build.temporary, 'script.sh')
    file.setText(step.script, 'UTF-8')
    def builder = new ProcessBuilder('sh', '-xe', file.path).directory(build.workspace).redirectErrorStream(true)
    builder.environment().putAll(build.environment())
    Process process = builder.start()
    process.outputStream.close()
    process.inputStream.eachLine('UTF-8') { println it }
    int status = process.waitFor()
    if (status != 0) throw new RuntimeException('script returned exit code ' + status)
  }

  def sh(String script) { sh(script: script) }
  def pwd(Map options = [:]) { options.tmp ? build.temporary.path : build.workspace.path }
  def readFile(Map step) { new File(step.file).getText(step.encoding ?: 'UTF-8') }
  def echo(Object message) { println message }
  def error(Object message) { throw new RuntimeException(message.toString()) }
  def usernamePassword(Map binding) { binding }

  def withEnv(List pairs, Closure body) {
    within(pairs.collectEntries { it.toString().split('=', 2) as List }, body)
  }

  def withCredentials(List bindings, Closure body) {
    Map known = (System.getenv('STAND_IN_CREDENTIALS') ?: '').readLines().collectEntries { it.split('=', 2) as List }
    Map values = [:]
    bindings.each { each ->
      if (!known.containsKey(each.credentialsId)) error('Could not find credentials entry with ID ' + each.credentialsId)
      List login = known[each.credentialsId].split(':', 2) as List
      values += [(each.usernameVariable): login[0], (each.passwordVariable): login[1]]
    }
    within(values, body)
  }

  private def within(Map values, Closure body) {
    build.environments << values
    try { return body() } finally { build.environments.pop() }
  }
}

/** The declarative pipeline, as far as the example goes: stages in order, with the conditions that it uses. */
class Declarative {
  Script script
  boolean wanted = true
  boolean any = false

  static void run(Script script, Closure body) { call(new Declarative(script: script), body) }

  static def call(Object delegate, Closure body) {
    Closure copy = body.rehydrate(delegate, delegate.script, delegate.script)
    copy.resolveStrategy = Closure.DELEGATE_FIRST
    copy()
  }

  void agent(Closure body) {}
  void options(Closure body) {}
  void stages(Closure body) { call(this, body) }

  void stage(String name, Closure body) {
    println "[Pipeline] stage ($name)"
    call(new Declarative(script: script), body)
  }

  void when(Closure body) { call(this, body) }
  void anyOf(Closure body) {
    Declarative inner = new Declarative(script: script, any: true, wanted: false)
    call(inner, body)
    condition(inner.wanted)
  }
  void changeRequest() { condition(script.env.CHANGE_ID != null) }
  void buildingTag() { condition(script.env.TAG_NAME != null) }
  void branch(String name) { condition(script.env.BRANCH_NAME == name) }
  private void condition(boolean holds) { wanted = any ? wanted || holds : wanted && holds }

  void steps(Closure body) {
    if (wanted) call(this, body) else println '[Pipeline] skipped'
  }
  def script(Closure body) { call(this, body) }
}

List files = args.collect { new File(it).absoluteFile }
File temporary = File.createTempDir('jenkins-stand-in', '')
Build build = new Build(workspace: files[2], temporary: temporary)
['BRANCH_NAME', 'TAG_NAME', 'CHANGE_ID'].each { name -> if (System.getenv(name)) build.env[name] = System.getenv(name) }

def configuration = new CompilerConfiguration(scriptBaseClass: 'Steps')
def loader = new GroovyClassLoader(this.class.classLoader, configuration)
Binding binding = new Binding(build: build)
try {
  Script pipeline = loader.parseClass(files[1]).newInstance()
  pipeline.binding = binding
  files[0].listFiles().findAll { it.name.endsWith('.groovy') }.each { file ->
    Script step = loader.parseClass(file).newInstance()
    step.binding = new Binding(build: build)
    pipeline.metaClass."${file.name - '.groovy'}" = { Map options -> step.call(options) }
  }
  pipeline.metaClass.pipeline = { Closure body -> Declarative.run(pipeline, body) }
  pipeline.run()
  println 'displayName=' + build.currentBuild.displayName
  println 'result=SUCCESS'
} catch (RuntimeException failure) {
  println 'displayName=' + build.currentBuild.displayName
  println 'result=FAILURE: ' + failure.message
  System.exit(1)
} finally {
  temporary.deleteDir()
}
