import type { ImageFile, ImageFileReader } from '../core/engine.js';
import type { Component, Reading, Unreadable } from './component.js';
import { isProgram, readGoProgram } from './go-binary.js';
import { createJarBudget, isJar, readJar } from './jar.js';
import { isInstalledManifest, readNpmManifest } from './npm.js';
import {
  type Distribution,
  isApkInstalled,
  isDpkgStatus,
  parseOsRelease,
  readApkInstalled,
  readDpkgStatus,
} from './system-packages.js';

/** What an image holds, as far as its files tell. */
export interface Catalogue {
  readonly components: readonly Component[];
  readonly unreadable: readonly Unreadable[];
  readonly distribution?: Distribution;
}

/** Reads an image's files one by one; `finish` gives the catalogue when all have been seen. */
export interface CatalogueReader extends ImageFileReader {
  finish(): Catalogue;
}

const megabyte = 1_000_000;

/** What is read of an image, and up to which size: a larger file is listed as not read. */
const sorts = [
  { is: (file: ImageFile) => isInstalledManifest(file.path), sort: 'npm', most: 5 * megabyte },
  { is: (file: ImageFile) => isJar(file.path), sort: 'jar', most: 400 * megabyte },
  { is: (file: ImageFile) => isDpkgStatus(file.path), sort: 'dpkg', most: 50 * megabyte },
  { is: (file: ImageFile) => isApkInstalled(file.path), sort: 'apk', most: 50 * megabyte },
  { is: (file: ImageFile) => isOsRelease(file.path), sort: 'os', most: megabyte },
  { is: mayBeProgram, sort: 'program', most: 400 * megabyte },
] as const;

type Sort = (typeof sorts)[number]['sort'];

/** A reader of a whole image. It holds one file at a time, and of the packages of the system their text. */
export function createCatalogueReader(): CatalogueReader {
  const budget = createJarBudget();
  const components: Component[] = [];
  const unreadable: Unreadable[] = [];
  /** These wait for the distribution, which stands anywhere in the archive. */
  const system: ((distribution: Distribution | undefined) => Reading)[] = [];
  const releases = new Map<string, Distribution>();
  const add = (reading: Reading) => {
    components.push(...reading.components);
    unreadable.push(...reading.unreadable);
  };
  return {
    wants: (file) => {
      const sort = sorts.find(({ is }) => is(file));
      if (sort === undefined) return false;
      if (file.size <= sort.most) return true;
      unreadable.push({ path: file.path, because: `it is larger than ${sort.most / megabyte} MB` });
      return false;
    },
    read: async (file, content) => {
      const { path } = file;
      switch (sortOf(file)) {
        case 'npm':
          return add(readNpmManifest(path, content));
        case 'jar':
          return add(await readJar(path, content, budget));
        case 'program':
          return isProgram(content) ? add(readGoProgram(path, content)) : undefined;
        case 'dpkg':
          system.push((distribution) => readDpkgStatus(path, content, distribution));
          return;
        case 'apk':
          system.push((distribution) => readApkInstalled(path, content, distribution));
          return;
        case 'os': {
          const distribution = parseOsRelease(new TextDecoder().decode(content));
          if (distribution) releases.set(path, distribution);
          return;
        }
        case undefined:
          return;
      }
    },
    finish: () => {
      const distribution = releases.get('etc/os-release') ?? releases.get('usr/lib/os-release');
      for (const read of system.splice(0)) add(read(distribution));
      return { components, unreadable, ...(distribution && { distribution }) };
    },
  };
}

function sortOf(file: ImageFile): Sort | undefined {
  return sorts.find(({ is }) => is(file))?.sort;
}

/** os-release(5): the second is read where the first is missing, or is a link to it. */
function isOsRelease(path: string): boolean {
  return path === 'etc/os-release' || path === 'usr/lib/os-release';
}

/** Libraries are no programs; the smallest Go program is some hundred kilobytes. */
function mayBeProgram(file: ImageFile): boolean {
  return file.executable && file.size > 100_000 && !/\.(?:so(?:\.[\d.]+)?|jar|py|js|sh|node)$/.test(file.path);
}
