import { Failure } from '../core/failure.js';
import type { Hints } from '../core/project.js';
import type { Script } from './gradle-script.js';

const moved =
  /\bbuildDir\s{0,3}=(?!=)|\bbuildDirectory\s{0,3}(?:=(?!=)|\.(?:set|value|convention)\s?\()|\bsetBuildDir\s?\(|\blibsDirName\s{0,3}=|\b(?:bootJar|bootWar)\b[^{}\n]{0,60}\{[^{}]{0,400}\b(?:destinationDirectory|destinationDir)\b/;

/**
 * Throws `detect.ambiguous` where a script puts what is built elsewhere than Gradle does and no hint names the file: how it writes the
 * place is a program.
 */
export function refuseOtherOutput(scripts: readonly Script[], hints: Hints): void {
  if (hints['java.artifact']) return;
  for (const { file, text, lineAt } of scripts) {
    const match = moved.exec(text);
    if (!match) continue;
    throw new Failure('detect.ambiguous', {
      message: `${file} moves what is built out of Gradle's own directory, and Slipway does not read where to`,
      where: `${file}:${lineAt(match.index)}`,
      remedy:
        'Set java.artifact to the file that the build leaves (slipway.yml, or --set java.artifact=out/libs/app.jar).',
    });
  }
}
