export { renderDockerignore } from './dockerignore.js';
export { type Finding, lintDockerfile } from './lint.js';
export { type Instruction, parseDockerfile } from './parse.js';
export { renderRuntimeDockerfile, renderStandaloneDockerfile } from './render.js';
export type { DockerfileInput, TemplateData } from './template-data.js';
