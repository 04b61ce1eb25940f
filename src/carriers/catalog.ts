import type { CarrierManifest } from '#contracts/carrier-manifest.ts';
import { connect } from './connect/manifest.ts';
import { LIVEKIT_FIELDS } from './livekit/fields.ts';
import { generic } from './generic/generic.ts';
import { twilio } from './twilio/manifest.ts';
import { vonage } from './vonage/manifest.ts';

/** Every carrier, one line each; the first one that is configured is the current one until another is chosen. */
export const CARRIERS: readonly CarrierManifest[] = [twilio, vonage, connect, generic];

/** Other servers that we use, whose settings are kept as those of carriers are. */
export const SERVERS: readonly Pick<CarrierManifest, 'id' | 'name' | 'fields'>[] = [
  { id: 'livekit', name: 'LiveKit', fields: LIVEKIT_FIELDS },
];
