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

/** The least Java that a Spring Boot version runs on: 17 from 3.0 on, 8 before (https://docs.spring.io/spring-boot/system-requirements.html). */
function minimumJava(boot: string | undefined): number {
  return boot !== undefined && Number.parseInt(boot, 10) < 3 ? 8 : 17;
}

/**
 * Decide between what the build files and the version files say. The first that is a version decides; agreeing ones
 * join its evidence, the others are rejected. Nothing, or less than Spring Boot runs on: Spring Boot's minimum.
 * Throws `detect.ambiguous` where a version is stated, but none that the tree can resolve.
 */
export function chooseJava(build: readonly Candidate[], files: readonly Candidate[], boot: string | undefined): Fact {
  const all = [...build, ...files.map((file) => ({ ...file, value: parseJdkName(file.value) ?? file.value }))];
  const minimum = minimumJava(boot);
  const first = all.map(({ value }) => parseJavaVersion(value)).find((version) => version !== undefined);
  if (first === undefined && all.length > 0) throw unresolved(all);
  const value = first !== undefined && Number(first) >= minimum ? first : String(minimum);
  const agreeing = value === first ? all.filter((candidate) => parseJavaVersion(candidate.value) === value) : [];
  const rejected = all.filter((candidate) => !agreeing.includes(candidate)).flatMap(rejectionOf);
  const minimumBecause = { because: `Spring Boot ${boot ?? 3} needs at least Java ${minimum}` };
  return fact(value, agreeing.length > 0 ? agreeing.flatMap(({ from }) => from) : minimumBecause, rejected);
}

function unresolved(candidates: readonly Candidate[]): Failure {
  const { file, line, because } = candidates[0]?.from[0] ?? { because: 'a Java version' };
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
