import { Failure } from '../core/failure.js';
import { type Fact, fact, type Rejected } from '../core/project.js';
import type { Candidate } from './candidate.js';

/**
 * The major of a Java version as build files write it: `17`, `1.8`, `21.0.2`, `VERSION_17`, `VERSION_1_8`, a range's
 * lower end (`[17,18)`). Undefined for anything else.
 */
export function parseJavaVersion(text: string): string | undefined {
  const plain = text
    .trim()
    .replace(/^(?:JavaVersion\.)?VERSION_/, '')
    .replace(/^1_/, '1.')
    .replace(/^[[(]/, '');
  const match = /^(?:1\.)?(\d{1,2})(?:\.\d{1,9}){0,4}(?:[+,_)\]-][^\s]{0,80})?$/.exec(plain);
  const major = match?.[1] === undefined ? undefined : Number(match[1]);
  return major === undefined || major < 5 ? undefined : String(major);
}

/**
 * The major of a JDK's name as version managers write it: `17`, `17.0.9-tem`, `temurin-21.0.2+13`, `openjdk64-11.0.2`,
 * `graalvm-ce-java17-22.3.1`.
 */
function parseJdkName(text: string): string | undefined {
  const parts = text.trim().split('-');
  const named = parts.flatMap((part) => /^(?:java|jdk)(\d{1,2})$/.exec(part)?.[1] ?? [])[0];
  const version = named ?? parts.find((part) => /^\d/.test(part));
  return version === undefined ? undefined : parseJavaVersion(version);
}

/** What a project runs on at least, and what it gets where its files state nothing. */
export interface JavaMinimum {
  readonly version: number;
  /** Undefined where nothing can stand in for a statement. */
  readonly otherwise?: number;
  /** Why that one: `Spring Boot 3 needs at least Java 17`. */
  readonly because: string;
}

/**
 * Decide between what the build files and the version files say. The first that is a version decides; agreeing ones
 * join its evidence, the others are rejected. Less than the minimum: the minimum. Nothing: what the minimum says for that.
 * Throws `detect.ambiguous` where a version is stated, but none that the tree can resolve, and where none is and nothing stands in for it.
 */
export function chooseJava(
  build: readonly Candidate[],
  files: readonly Candidate[],
  { version: minimum, otherwise, because }: JavaMinimum,
): Fact {
  const all = [...build, ...files.map((file) => ({ ...file, value: parseJdkName(file.value) ?? file.value }))];
  const first = all.map(({ value }) => parseJavaVersion(value)).find((version) => version !== undefined);
  if (first === undefined && (all.length > 0 || otherwise === undefined)) throw unresolved(all, because);
  const value = first === undefined ? String(otherwise) : String(Math.max(Number(first), minimum));
  const agreeing = value === first ? all.filter((candidate) => parseJavaVersion(candidate.value) === value) : [];
  const rejected = all.filter((candidate) => !agreeing.includes(candidate)).flatMap(rejectionOf);
  return fact(value, agreeing.length > 0 ? agreeing.flatMap(({ from }) => from) : { because }, rejected);
}

function unresolved(candidates: readonly Candidate[], otherwise: string): Failure {
  const first = candidates[0]?.from[0];
  const { file, line, because } = first ?? { because: `none states one, and ${otherwise}` };
  return new Failure('detect.ambiguous', {
    message: `The Java version cannot be told from the files: ${because}`,
    where: file === undefined ? 'java.version' : `${file}:${line ?? 1}`,
    remedy: 'Set java.version (slipway.yml, or --set java.version=21).',
    candidates: ['17', '21', '25'],
  });
}

function rejectionOf(candidate: Candidate): readonly Rejected[] {
  const [first] = candidate.from;
  return first ? [{ ...first, value: parseJavaVersion(candidate.value) ?? candidate.value }] : [];
}
