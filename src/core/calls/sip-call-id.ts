/** The call's id in the form of SIP calls: `SC_` and the digits of our id. */
export const sipCallId = (sid: string): string => `SC_${sid.slice('CA'.length)}`;

/** `CA…` of `SC_…`; null for anything else. */
export function sidInSipCallId(id: string): string | null {
  const digits = /^SC_([0-9a-f]{32})$/.exec(id)?.[1];
  return digits === undefined ? null : `CA${digits}`;
}
