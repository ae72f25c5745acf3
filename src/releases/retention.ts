import compare from 'semver/functions/compare.js';
import type { Digest } from '../core/image-name.js';
import { type ListedImage, timeOf } from './read-repository.js';
import { comparableVersion } from './release-line.js';

/** What stays in a repository. */
export interface RetentionRule {
  /** Of the releases, the highest stay. */
  readonly keep: number;
  /** Of all other images that Slipway named, the newest stay. */
  readonly keepPrereleases: number;
  /** Of the tags of minor lines (`1.2`), so many of the highest hold their image; undefined: all do. */
  readonly keepLines?: number;
  /** What is younger stays. */
  readonly keepDays: number;
  /** Patterns of tags that stay; `*` stands for any characters. */
  readonly protect: readonly string[];
  /** Images that Slipway did not name are judged by their age, instead of staying. */
  readonly foreign: boolean;
}

/** Who else needs an image: by tag or digest, where it is named. */
export type Claims = ReadonlyMap<string, string>;

/** Whether an image goes, and why or why not, in one sentence without a full stop. */
export interface Fate {
  readonly image: ListedImage;
  readonly goes: boolean;
  readonly because: string;
}

const millisecondsOfDay = 86_400_000;

/** The fate of every image, in the order in which they are given: newest version first. Pure; `now` in milliseconds since 1970. */
export function judgeRetention(
  images: readonly ListedImage[],
  rule: RetentionRule,
  claims: Claims,
  now: number,
): readonly Fate[] {
  const ranks = rankImages(images);
  const loose = looseTags(images, rule.keepLines);
  const judged = images.map((image): Fate => {
    const stays = whyClaimed(image, claims) ?? whyTagged(image, rule, loose) ?? whyKept(image, rule, ranks, now);
    return { image, goes: stays === undefined, because: stays ?? whyGone(image, rule) };
  });
  return keepParts(judged);
}

function whyClaimed({ tags, digest, children }: ListedImage, claims: Claims): string | undefined {
  const place = [...tags, digest, ...children].map((name) => claims.get(name)).find((found) => found !== undefined);
  return place && `${place} names it`;
}

/** Whatever is tagged beside its own version is held by something that moves, or by a person. */
function whyTagged(
  image: ListedImage,
  { protect, foreign }: RetentionRule,
  loose: ReadonlySet<string>,
): string | undefined {
  const guarded = image.tags.find((tag) => protect.some((pattern) => matches(pattern, tag)));
  if (guarded !== undefined) return `the tag ${guarded} is protected`;
  if (!isNamedBySlipway(image)) {
    return foreign ? undefined : 'Slipway did not name it: --foreign judges it by its age';
  }
  const others = image.tags.filter((tag) => tag !== image.ownTag && !loose.has(tag));
  return others.length === 0 ? undefined : `it has ${others.join(', ')}, too`;
}

/** Tags of minor lines that hold nothing: below the highest. They go with their image. */
function looseTags(images: readonly ListedImage[], keepLines: number | undefined): ReadonlySet<string> {
  if (keepLines === undefined) return new Set();
  const lines = images.flatMap(({ tags }) => tags.filter((tag) => /^\d+\.\d+$/.test(tag)));
  const highestFirst = lines.toSorted((one, other) => compare(`${other}.0`, `${one}.0`, { loose: true }));
  return new Set(highestFirst.slice(keepLines));
}

/**
 * Its version is one that Slipway gives, SemVer or with the commit in it, and it is tagged so. Other tools set the same label,
 * and call an image by its branch or by what they like.
 */
export function isNamedBySlipway({ ownTag, version, revision }: ListedImage): boolean {
  if (ownTag === undefined || version === undefined) return false;
  if (comparableVersion(version)?.raw === version) return true;
  const commit = /(?:^|\.)g([0-9a-f]{7,12})(?:\.d[0-9a-f]{8})?$/.exec(version)?.[1];
  return commit !== undefined && revision !== undefined && (revision.startsWith(commit) || /^pr-/.test(version));
}

function isRelease({ version }: ListedImage): boolean {
  const parsed = comparableVersion(version);
  return parsed !== undefined && parsed.prerelease.length === 0;
}

/** The place of each image among its own, from 0: releases by version, all others by time. */
function rankImages(images: readonly ListedImage[]): ReadonlyMap<Digest, number> {
  const ours = images.filter(isNamedBySlipway);
  const releases = ours.filter(isRelease);
  const others = ours
    .filter((image) => !isRelease(image))
    .toSorted((one, two) => (timeOf(two) ?? 0) - (timeOf(one) ?? 0));
  return new Map([releases, others].flatMap((list) => list.map((image, rank) => [image.digest, rank] as const)));
}

function whyKept(
  image: ListedImage,
  { keep, keepPrereleases, keepDays }: RetentionRule,
  ranks: ReadonlyMap<Digest, number>,
  now: number,
): string | undefined {
  const rank = ranks.get(image.digest);
  if (rank !== undefined && isRelease(image) && rank < keep) return `it is among the ${keep} highest releases`;
  if (rank !== undefined && !isRelease(image) && rank < keepPrereleases)
    return `it is among the ${keepPrereleases} newest that are no releases`;
  const time = timeOf(image);
  if (time === undefined) return 'it does not say when it was made';
  return now - time < keepDays * millisecondsOfDay ? `it is younger than ${keepDays} days` : undefined;
}

function whyGone(image: ListedImage, { keep, keepPrereleases, keepDays }: RetentionRule): string {
  const age = `older than ${keepDays} days`;
  if (!isNamedBySlipway(image)) return age;
  return isRelease(image)
    ? `${age}, and not among the ${keep} highest releases`
    : `${age}, and not among the ${keepPrereleases} newest that are no releases`;
}

/** An image of an index that stays must stay, under whatever tag of its own it has. */
function keepParts(fates: readonly Fate[]): readonly Fate[] {
  const parts = new Map(
    fates
      .filter(({ goes }) => !goes)
      .flatMap(({ image }) => image.children.map((child) => [child, image.tags[0] ?? image.digest] as const)),
  );
  return fates.map((fate) => {
    const whole = fate.goes ? parts.get(fate.image.digest) : undefined;
    return whole === undefined ? fate : { ...fate, goes: false, because: `it is a part of ${whole}` };
  });
}

function matches(pattern: string, tag: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.\\+^$()[\]{}|?-]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(tag);
}
