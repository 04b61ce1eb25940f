import type { CarrierField, CarrierSettings } from '#contracts/carrier-manifest.ts';

/** We record what we hear ourselves; a carrier's own recording costs more, and goes on when a call was handed over to a person. */
export const RECORDING_FIELD: CarrierField = {
  key: 'record_at_carrier',
  label: 'Record at the carrier as well (true or false)',
};

export const recordsCalls = (settings: CarrierSettings): boolean => settings[RECORDING_FIELD.key] === 'true';
