// Where the processor time of a process goes, by cause: a profile of its main thread, each sample counted for the
// function that ran.
import { Session, type Profiler } from 'node:inspector';

/** The first cause that fits; a function is named by the address of its file and its name. */
const CAUSES: readonly (readonly [cause: string, fits: RegExp])[] = [
  ['waiting', /^ \(idle\)$/],
  ['garbage', /^ \(garbage collector\)$/],
  ['the operating system and the event loop', /^ \(program\)$/],
  ['writing to sockets and files', /^ (writev|write\w*String|writeBuffer|write|shutdown|WriteWrap)$/],
  ['JSON and base64', /^ (parse|stringify|\w*base64\w*|utf8Slice|utf8Write\w*|latin1\w*|asciiSlice|toString)$/i],
  ['voice activity, resampling', /^wasm:| wasm-|\/(silero|audio)\//],
  ['WebSocket frames', /\/node_modules\/ws\//],
  ['database', /\/node_modules\/(pg|pg-\w+|kysely|postgres-\w+)\/|\/src\/store\//],
  ['recordings', /\/src\/recordings\/|node:internal\/fs|node:fs|call-recording/],
  ['timers', /node:(internal\/)?timers|real-clock/],
  ['streams and sockets of Node', /^node:/],
  ['the turn machine', /\/src\/engine\/turns\/|voice-session/],
  ['listening, speaking, playout', /\/src\/engine\//],
  ['media sockets', /\/src\/edge\//],
  ['the call', /\/src\/(live|agent-mind|core)\//],
  ["the bench's fakes", /\/bench\//],
];

export interface Share {
  readonly cause: string;
  readonly ms: number;
  /** The functions that took most of it. */
  readonly most: readonly string[];
}

/** Starts to watch; answers how to stop. */
export function profile(): () => Promise<readonly Share[]> {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 500 });
  session.post('Profiler.start');
  return () =>
    new Promise((resolve, reject) => {
      session.post('Profiler.stop', (error, { profile: found }) => {
        session.disconnect();
        if (error) reject(error);
        else resolve(sharesOf(found));
      });
    });
}

function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly Share[] {
  const names = new Map(
    nodes.map(({ id, callFrame: { url, functionName } }) => [id, `${url} ${functionName || '(anonymous)'}`]),
  );
  const byName = new Map<string, number>();
  for (const [i, id] of samples.entries()) {
    const name = names.get(id)!;
    byName.set(name, (byName.get(name) ?? 0) + timeDeltas[i]! / 1000);
  }
  const shares = new Map<string, { ms: number; functions: [string, number][] }>();
  for (const [name, ms] of byName) {
    const cause = CAUSES.find(([, fits]) => fits.test(name))?.[0] ?? 'other';
    const share = shares.get(cause) ?? { ms: 0, functions: [] };
    share.ms += ms;
    share.functions.push([name, ms]);
    shares.set(cause, share);
  }
  return [...shares]
    .map(([cause, { ms, functions }]) => ({
      cause,
      ms,
      most: functions
        .toSorted((a, b) => b[1] - a[1])
        .slice(0, 6)
        .map(([name, took]) => `${name.replace(/^.*\/(?=[^/]* )/, '')} ${Math.round(took)}`),
    }))
    .toSorted((a, b) => b.ms - a.ms);
}
