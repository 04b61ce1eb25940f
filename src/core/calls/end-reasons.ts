/** End reason of a call that no carrier took because none could be used. */
export const CARRIER_UNAVAILABLE = 'carrier_unavailable';
