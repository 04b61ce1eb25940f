const LONGEST = 2048;
/** A path that is longer, or holds codes, is not read out. */
const PATH = /^(?:\/[\p{L}\p{N}_.-]{1,30}){1,3}\/?$/u;
const END = /[\s<>"'`|，。！？、；：（）「」]/u;

/**
 * The web address that begins here as spoken text: without its scheme and without parts that a listener cannot note.
 * `wait`
 * while it may continue, null if none begins.
 */
export function speakableAddress(
  text: string,
  at: number,
  ended: boolean,
): { readonly length: number; readonly says: string } | 'wait' | null {
  const shown = text.slice(at, at + 8).toLowerCase();
  const start = ['http://', 'https://', 'www.'].find((one) => shown.startsWith(one));
  if (start === undefined) {
    const maybe = ['http://', 'https://', 'www.'].some((one) => one.startsWith(shown));
    return maybe && !ended ? 'wait' : null;
  }
  const all = text.slice(at, at + LONGEST);
  let length = all.search(END);
  if (length < 0) {
    if (!ended && all.length < LONGEST) return 'wait';
    length = all.length;
  }
  while (length > start.length && /[.,;:!?)\]}*_~…]/.test(all[length - 1]!)) length--;
  const address = all.slice(start === 'www.' ? 0 : start.length, length);
  const host = /^[^/?#]*/.exec(address)![0].replace(/^[^@]*@/, '');
  const path = /^[^?#]*/.exec(address.slice(host.length))![0];
  return { length, says: path === '/' || !PATH.test(path) ? host : `${host}${path}` };
}
