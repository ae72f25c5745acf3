import type { XmlElement } from '../formats/xml.js';

/** The element at a path of names: the first of each name. */
export function childOf(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let at = element;
  for (const name of path) at = at?.children.find((child) => child.name === name);
  return at;
}

/** Trimmed text at a path of names; undefined where there is no such element or it is empty. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  return childOf(element, ...path)?.text.trim() || undefined;
}

/** All elements of the path's last name inside the first element of each name before it. */
export function childrenAt(element: XmlElement | undefined, ...path: readonly string[]): readonly XmlElement[] {
  const parent = childOf(element, ...path.slice(0, -1));
  return parent?.children.filter((child) => child.name === path.at(-1)) ?? [];
}
