/** The samples of the WAV file somewhere in a form. */
export function decodeWav(body: Buffer): Int16Array {
  const at = body.indexOf('RIFF');
  if (at < 0) throw new Error('there is no WAV file in the form');
  const data = body.indexOf('data', at);
  const bytes = Uint8Array.from(body.subarray(data + 8, data + 8 + body.readUInt32LE(data + 4)));
  return new Int16Array(bytes.buffer, 0, bytes.length >> 1);
}
