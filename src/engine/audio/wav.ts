/** A parsed RIFF WAVE file of 16 bit PCM. */
export interface Wav {
  readonly sampleRateHz: number;
  /** One array a channel, all of the same length. */
  readonly channels: readonly Int16Array[];
}

const MULAW_FORMAT = 7;

/** Reads PCM 16 and mu-law WAV files. @throws Error for any other format */
export function parseWav(bytes: Uint8Array, decodeMulaw: (data: Uint8Array) => Int16Array): Wav {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 44 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw new Error('not a WAV file');
  let format: { code: number; channels: number; rate: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    if (tag(at) === 'fmt ' && at + 24 <= bytes.length) {
      format = {
        code: view.getUint16(at + 8, true),
        channels: view.getUint16(at + 10, true),
        rate: view.getUint32(at + 12, true),
        bits: view.getUint16(at + 22, true),
      };
    } else if (tag(at) === 'data') {
      if (!format) throw new Error('the WAV file has no format before its data');
      return {
        sampleRateHz: format.rate,
        channels: samplesOf(bytes.subarray(at + 8, Math.min(bytes.length, at + 8 + size)), format, decodeMulaw),
      };
    }
    at += 8 + size + (size & 1);
  }
  throw new Error('the WAV file has no data');
}

function samplesOf(
  data: Uint8Array,
  format: { code: number; channels: number; bits: number },
  decodeMulaw: (data: Uint8Array) => Int16Array,
): Int16Array[] {
  const mulaw = format.code === MULAW_FORMAT;
  if (!mulaw && format.bits !== 16)
    throw new Error(`only 16 bit PCM and mu-law WAV files are read, not ${format.bits} bit`);
  const all = mulaw ? decodeMulaw(data) : new Int16Array(Uint8Array.from(data.subarray(0, data.length & ~1)).buffer);
  const count = Math.floor(all.length / format.channels);
  return Array.from({ length: format.channels }, (_, channel) =>
    Int16Array.from({ length: count }, (_unused, i) => all[i * format.channels + channel]!),
  );
}

/** The 44 byte header of a PCM 16 file whose samples follow. */
export function wavHeader(sampleRateHz: number, channels: number, dataBytes: number): Uint8Array {
  const header = new Uint8Array(44);
  const view = new DataView(header.buffer);
  const put = (at: number, text: string) => [...text].forEach((char, i) => (header[at + i] = char.charCodeAt(0)));
  put(0, 'RIFF');
  view.setUint32(4, 36 + dataBytes, true);
  put(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  put(36, 'data');
  view.setUint32(40, dataBytes, true);
  return header;
}

/** A whole mono PCM 16 file. */
export function wavFile(pcm: Int16Array, sampleRateHz: number): Uint8Array {
  const file = new Uint8Array(44 + pcm.length * 2);
  file.set(wavHeader(sampleRateHz, 1, pcm.length * 2));
  file.set(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength), 44);
  return file;
}
