/**
 * The images that a Dockerfile's FROM lines name and that are not stages of its own, `scratch`, or made of variables.
 * The engine builds without a session and so without credentials: these are pulled before.
 */
export function baseImages(dockerfile: string): readonly string[] {
  const stages = new Set<string>();
  const images = new Set<string>();
  for (const line of dockerfile.split(/\r?\n/)) {
    const match = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$/i.exec(line);
    const image = match?.[1];
    if (image === undefined) continue;
    if (image !== 'scratch' && !image.includes('$') && !stages.has(image.toLowerCase())) images.add(image);
    if (match?.[2]) stages.add(match[2].toLowerCase());
  }
  return [...images];
}
