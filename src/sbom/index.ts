export { createCatalogueReader } from './catalogue.js';
export { cycloneDxType, formatBom } from './document.js';
