import type { CarrierField, CarrierSettings } from '#contracts/carrier-manifest.ts';

/** A carrier's own recording, beside ours: it costs more, but continues after a transfer. */
export const RECORDING_FIELD: CarrierField = {
  key: 'record_at_carrier',
  label: 'Record at the carrier as well (true or false)',
};

export const recordsCalls = (settings: CarrierSettings): boolean => settings[RECORDING_FIELD.key] === 'true';
