import { AppError } from './errors.ts';

/** A number as it is dialled: `+` and 7 to 15 digits. A carrier may still refuse it. */
export type PhoneNumber = string & { readonly brand: 'PhoneNumber' };

export function isPhoneNumber(value: string): value is PhoneNumber {
  return /^\+\d{7,15}$/.test(value);
}

export const LONGEST_PHONE_NUMBER = 16;

/** What an API that shows formats expects of a phone number. */
export const PHONE_NUMBER_FORMAT = 'E.164 format (+1234567890)';

/** @throws AppError invalid-input when the value is not a phone number */
export function phoneNumber(value: string, path = 'to_number'): PhoneNumber {
  if (!isPhoneNumber(value))
    throw new AppError('invalid-input', 'Invalid phone number', {
      issues: [{ path, message: `${path} must be + and 7 to 15 digits`, kind: 'format' }],
    });
  return value;
}

/** For logs: the last two digits are enough to recognise a call, not a person. */
export function maskNumber(value: string | null): string {
  return value === null ? '-' : value.replace(/\d(?=\d{2})/g, '*');
}
