import { phoneNumber } from '#core/kernel/phone-number.ts';
import type { GivenLead } from '#core/campaigns/lead.ts';

/** A lead of whom only the number is known, unless `more` says more. */
export const givenLead = (number: string, more: Partial<GivenLead> = {}): GivenLead => ({
  number: phoneNumber(number),
  name: null,
  email: null,
  postalCode: null,
  region: null,
  country: null,
  timeZone: null,
  consent: null,
  variables: {},
  priority: 0,
  ...more,
});
