/**
 * The main attributes of a jar's manifest, by name as they are written; the first of a name counts. Lines that begin with a
 * space go on from the one before (https://docs.oracle.com/en/java/javase/17/docs/specs/jar/jar.html).
 */
export function parseManifest(text: string): Readonly<Record<string, string>> {
  const lines = text.replace(/\r\n?/g, '\n').replaceAll('\n ', '').split('\n');
  const end = lines.indexOf('');
  const attributes = (end < 0 ? lines : lines.slice(0, end)).flatMap((line) => {
    const colon = line.indexOf(': ');
    return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 2).trim()] as const] : [];
  });
  return Object.fromEntries(attributes.toReversed());
}
