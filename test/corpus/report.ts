import type { Judged, Outcome } from './verdict.js';

const titles: Readonly<Record<Outcome, string>> = {
  right: 'right',
  detected: 'detected, not proven',
  refused: 'refused with a useful reason',
  wrong: 'wrong',
  crashed: 'crashed',
  'build failed': 'build failed (whose fault?)',
  'not judged': 'not judged',
};

/** One project for a person to read, some lines. */
export function formatJudged({ name, outcome, because, kind, facts, steps }: Judged): string {
  const indent = ' '.repeat(14);
  const known = Object.entries(facts ?? {}).map(([key, value]) => `${key}=${shown(value)}`);
  const done = steps.map(({ name: step, says, milliseconds }) =>
    milliseconds === undefined ? `${step}: ${says}` : `${step}: ${says} (${(milliseconds / 1000).toFixed(1)} s)`,
  );
  return [
    `${outcome.toUpperCase().padEnd(13)} ${name}${kind === undefined ? '' : `  ${kind}`}`,
    ...(known.length > 0 ? [`${indent}${known.join('  ')}`] : []),
    ...(done.length > 0 ? [`${indent}${done.join(' · ')}`] : []),
    ...because.split('\n').map((line) => `${indent}${line}`),
    '',
  ].join('\n');
}

/** The last lines: how many of each, and the names of those that are nobody's pride. */
export function formatSummary(all: readonly Judged[]): string {
  const rows = Object.entries(titles).flatMap(([outcome, title]) => {
    const names = all.filter((judged) => judged.outcome === outcome).map(({ name }) => name);
    const isNamed =
      outcome === 'wrong' || outcome === 'crashed' || outcome === 'build failed' || outcome === 'not judged';
    return names.length === 0
      ? []
      : [`${String(names.length).padStart(5)} ${title}${isNamed ? `: ${names.join(', ')}` : ''}`];
  });
  return [`${all.length} project${all.length === 1 ? '' : 's'}`, ...rows, ''].join('\n');
}

/** The report for programs, format 1. */
export function reportJson(all: readonly Judged[]): object {
  const summary = Object.fromEntries(
    Object.keys(titles).map((outcome) => [outcome, all.filter((judged) => judged.outcome === outcome).length]),
  );
  return { format: 1, summary, projects: all };
}

/** 1 when something is wrong or crashed. */
export function exitCodeFor(all: readonly Judged[]): number {
  return all.some(({ outcome }) => outcome === 'wrong' || outcome === 'crashed') ? 1 : 0;
}

function shown(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(' ')}]` : String(value);
}
