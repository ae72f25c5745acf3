/** What a deployment's commit says: to people in the subject, to programs in the trailers. */
export interface DeploymentRecord {
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  /** `sha256:…` of the image. */
  readonly digest: string;
  /** The commit the image was built from. */
  readonly revision?: string;
}

/**
 * A commit message with trailers (git-interpret-trailers(1)): `Slipway-Service`, `-Environment`, `-Version`, `-Digest`,
 * `-Revision`. Each value stands on one line, whatever was in it.
 */
export function deploymentMessage(record: DeploymentRecord): string {
  const trailers = {
    'Slipway-Service': record.service,
    'Slipway-Environment': record.environment,
    'Slipway-Version': record.version,
    'Slipway-Digest': record.digest,
    ...(record.revision !== undefined && { 'Slipway-Revision': record.revision }),
  };
  const subject = `Deploy ${oneLine(record.service)} ${oneLine(record.version)} to ${oneLine(record.environment)}`;
  const lines = Object.entries(trailers).map(([key, value]) => `${key}: ${oneLine(value)}`);
  return `${subject}\n\n${lines.join('\n')}\n`;
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get into a commit
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();
}
