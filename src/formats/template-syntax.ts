/** A file's name ends so, where it can be a deploy template: JSON or YAML, and behind that what fills it in. */
export const templateName = /\.(?:ya?ml|jsonc?)(?:\.(?:ejs|mustache|hbs|tmpl|tpl|template|in|j2))?$/i;

/** The syntax of a template by its name; where that does not tell, by how it begins. */
export function syntaxOf(path: string, text: string): 'json' | 'yaml' {
  const [ending = ''] = templateName.exec(path) ?? [];
  if (/^\.json/i.test(ending)) return 'json';
  if (ending !== '') return 'yaml';
  return /^\uFEFF?\s*(?:[{[](?![{%])|\/[/*])/.test(text) ? 'json' : 'yaml';
}
