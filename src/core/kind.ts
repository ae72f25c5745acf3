import type { Detection, Facts, Hints } from './project.js';
import type { Recipe, RecipeOptions } from './recipe.js';
import type { SourceTree } from './source-tree.js';

/** A kind of project: the one contract behind which each lives in a folder of its own. */
export interface ProjectKind {
  /** `[a-z0-9-]+`; also the name of its template folder. */
  readonly name: string;
  /** What the kind is, for a list a person reads. */
  readonly title: string;
  /** The file names that say "this kind", for the message of an empty directory. */
  readonly manifests: readonly string[];
  /** MiB that a small service of this kind needs: what a first deploy template reserves, for a person to correct. */
  readonly memory: number;
  /** Undefined: not mine. Throws a `detect.*` failure when it is, but a choice must be made by a person. */
  detect(tree: SourceTree, hints: Hints): Detection | undefined;
  /** Pure. Throws `detect.unsupported` for facts that it has no recipe for. */
  recipe(project: { readonly name: string; readonly facts: Facts }, options: RecipeOptions): Recipe;
}
