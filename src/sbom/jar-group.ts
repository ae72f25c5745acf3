import { isPlainName } from './component.js';

/**
 * Groups of libraries that Gradle or Ant builds, whose jars therefore do not name their group: by the artifact's name, and only
 * where the jar has classes of that package, so that somebody else's jar of the name is not taken for theirs.
 */
const known: readonly { readonly name: RegExp; readonly package: string; readonly group: string }[] = [
  { name: /^spring-boot(?:-|$)/, package: 'org/springframework/boot/', group: 'org.springframework.boot' },
  { name: /^spring-security-/, package: 'org/springframework/security/', group: 'org.springframework.security' },
  {
    name: /^spring-integration-/,
    package: 'org/springframework/integration/',
    group: 'org.springframework.integration',
  },
  { name: /^spring-kafka$/, package: 'org/springframework/kafka/', group: 'org.springframework.kafka' },
  {
    name: /^spring-(?:aop|aspects|beans|context|context-indexer|context-support|core|expression|instrument|jcl|jdbc|jms|messaging|orm|oxm|r2dbc|tx|web|webflux|webmvc|websocket)$/,
    package: 'org/springframework/',
    group: 'org.springframework',
  },
  { name: /^spring-jcl$/, package: 'org/apache/commons/logging/', group: 'org.springframework' },
  { name: /^tomcat-embed-/, package: 'org/apache/', group: 'org.apache.tomcat.embed' },
  { name: /^tomcat-embed-|^tomcat-annotations-api$/, package: 'jakarta/', group: 'org.apache.tomcat.embed' },
  { name: /^micrometer-/, package: 'io/micrometer/', group: 'io.micrometer' },
  { name: /^reactor-core$/, package: 'reactor/core/', group: 'io.projectreactor' },
  { name: /^reactor-netty-/, package: 'reactor/netty/', group: 'io.projectreactor.netty' },
  { name: /^hibernate-(?:core|envers|jcache|hikaricp)$/, package: 'org/hibernate/', group: 'org.hibernate.orm' },
  { name: /^kotlin-(?:stdlib|reflect)/, package: 'kotlin/', group: 'org.jetbrains.kotlin' },
  { name: /^kotlinx-coroutines-/, package: 'kotlinx/coroutines/', group: 'org.jetbrains.kotlinx' },
  { name: /^log4j-(?:api|core|to-slf4j)$/, package: 'org/apache/logging/', group: 'org.apache.logging.log4j' },
  { name: /^micronaut-/, package: 'io/micronaut/', group: 'io.micronaut' },
];

/** The Maven group of a jar that has no `pom.properties`; undefined where it cannot be told. */
export function groupOfJar(
  name: string,
  attributes: Readonly<Record<string, string>>,
  packages: ReadonlySet<string>,
): string | undefined {
  const vendor = attributes['Implementation-Vendor-Id'];
  if (isPlainName(vendor) && /^[\w-]+(?:\.[\w-]+)+$/.test(vendor)) return vendor;
  const all = [...packages];
  return known.find((one) => one.name.test(name) && all.some((path) => path.startsWith(one.package)))?.group;
}
