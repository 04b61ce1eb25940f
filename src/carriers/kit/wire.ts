import type { CarrierRequest } from '#contracts/carrier-manifest.ts';

// What the webhooks of all carriers have in common.

/** Our number of the call, as the address says that we gave the carrier. */
export function callIdIn(request: Pick<CarrierRequest, 'url'>): number | null {
  const digits = /^call_(\d{1,15})$/.exec(new URL(request.url).searchParams.get('call') ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

/** What the address says the request is for; '' for one that we did not make. */
export const purposeIn = (request: Pick<CarrierRequest, 'url'>): string =>
  new URL(request.url).searchParams.get('for') ?? '';

/** An address for one purpose. */
export function addressFor(url: string, purpose: string): string {
  const made = new URL(url);
  made.searchParams.set('for', purpose);
  return made.href;
}

/** @throws Error in plain words */
export function jsonOf(body: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw new Error('the body must be JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new Error('the body must be a JSON object');
  return json as Record<string, unknown>;
}

const LONGEST = 200;

/** A short text, or null. */
export const text = (given: unknown): string | null => {
  const value = Number.isSafeInteger(given) ? String(given) : given;
  return typeof value === 'string' &&
    value !== '' &&
    value.length <= LONGEST &&
    value.isWellFormed() &&
    !value.includes('\0')
    ? value
    : null;
};

/** @throws Error in plain words */
export function needText(value: unknown, name: string): string {
  const found = text(value);
  if (found === null) throw new Error(`${name} is required: a text of at most ${LONGEST} characters`);
  return found;
}

/** A web address. @throws Error in plain words */
export function needUrl(value: unknown, name: string): string {
  if (typeof value !== 'string' || value.length > 2000 || !/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
    throw new Error(`${name} must be an address that begins with http:// or https://`);
  return value;
}

/** A number with its `+`, where a carrier leaves it out. */
export const withPlus = (number: string | null): string | null =>
  number !== null && /^\d{7,15}$/.test(number) ? `+${number}` : number;
