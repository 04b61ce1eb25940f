import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';

const root = join(import.meta.dirname, '..');

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly optionalDependencies?: Readonly<Record<string, string>>;
        readonly resolved?: string;
        readonly hasInstallScript?: boolean;
      }
    >
  >;
}

for (const folder of ['.', 'tools', 'console']) {
  const { packages } = JSON.parse(readFileSync(join(root, folder, 'package-lock.json'), 'utf8')) as Lock;

  it(`${folder}: every platform's package is locked, so that npm ci takes the lock anywhere`, () => {
    const have = new Set(Object.keys(packages).map((key) => key.slice(key.lastIndexOf('node_modules/') + 13)));
    const missing = Object.entries(packages).flatMap(([key, one]) =>
      Object.keys(one.optionalDependencies ?? {})
        .filter((name) => !have.has(name))
        .map((name) => `${name} (of ${key})`),
    );
    assert.deepEqual(missing, []);
  });

  it(`${folder}: no address of a registry is locked, and versions are exact`, () => {
    assert.deepEqual(
      Object.entries(packages)
        .filter(
          ([, one]) =>
            one.resolved !== undefined && !one.resolved.startsWith('file:') && !/^(vendor|\.)/.test(one.resolved),
        )
        .map(([key]) => key),
      [],
    );
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string> | undefined
    >;
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'])
      for (const [name, version] of Object.entries(manifest[kind] ?? {}))
        assert.match(version, /^(\d|file:vendor\/)/, name);
  });
}
