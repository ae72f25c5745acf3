export { renderDockerignore } from './dockerignore.js';
export { lintDockerfile } from './lint.js';
export { parseDockerfile } from './parse.js';
export { renderRuntimeDockerfile, renderStandaloneDockerfile } from './render.js';
export type { DockerfileInput } from './template-data.js';
