/** Whether a library makes a Spring Boot application listen on a port. */
export function isWebArtifact(artifact: string): boolean {
  return (
    /^spring-boot-(?:starter-)?(?:web|webmvc|webflux|jersey|tomcat|jetty|undertow|reactor-netty|graphql|data-rest|hateoas|web-services|webservices|thymeleaf|freemarker|mustache|groovy-templates)(?:$|-)/.test(
      artifact,
    ) ||
    /gateway|eureka-server|config-server|admin-starter-server|vaadin|webmvc-api|webflux-api|openapi-starter/.test(
      artifact,
    )
  );
}

/**
 * Whether everything an application uses is known to open no port: a batch job, a command line, a consumer. One library
 * that is not known could bring a web server along, so it does not count as port-less then.
 */
export function isPortless(ids: readonly string[]): boolean {
  return ids.length > 0 && ids.every(isPortlessLibrary);
}

const portlessGroups = new Set([
  'org.projectlombok',
  'com.h2database',
  'org.postgresql',
  'com.mysql',
  'org.mariadb.jdbc',
  'org.flywaydb',
  'org.liquibase',
  'org.mapstruct',
  'info.picocli',
  'org.apache.commons',
]);

function isPortlessLibrary(id: string): boolean {
  const [group = '', artifact = ''] = id.split(':');
  if (portlessGroups.has(group)) return true;
  return group === 'org.springframework.boot' && !isWebArtifact(artifact);
}
