import type { CarrierManifest } from '#contracts/carrier-manifest.ts';
import { connect } from './connect/manifest.ts';
import { generic } from './generic/generic.ts';
import { livekit } from './livekit/manifest.ts';
import { twilio } from './twilio/manifest.ts';
import { vonage } from './vonage/manifest.ts';

/** Every carrier, one line each. The first one that can place calls is the current one until another is chosen. */
export const CARRIERS: readonly CarrierManifest[] = [twilio, vonage, connect, generic, livekit];
