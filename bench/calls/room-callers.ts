// The same calls in rooms of a real LiveKit server, which runs beside the callers.
import { setTimeout as sleep } from 'node:timers/promises';
import { dispose } from '@livekit/rtc-node';
import { LiveKitServer } from '../../test/support/livekit-server.ts';
import { freePort } from '../../test/support/process.ts';
import { RoomPhone } from '../../test/support/room-phone.ts';
import { FRAME_MS } from '#engine/audio/format.ts';
import { BenchServer, moveTo, NUMBER } from './bench-server.ts';
import { Ear, judge, rowOf, STAGGER_MS, type Row } from './measure.ts';
import { CALL_MS, makeScript, type Script } from './script.ts';
import { NEW_REPLY_MS } from './socket-caller.ts';
import { manyCalls } from './socket-callers.ts';
import { cpuOf, perCallSecond, type Threads } from './threads.ts';

const QUIET_FRAMES = 2;

/** The agent as it sounds in a room: there is no end of a reply but silence. */
class RoomEar extends Ear {
  #quiet = Infinity;

  frame(isLoud: boolean): void {
    if (isLoud) {
      if (this.#quiet * FRAME_MS >= NEW_REPLY_MS) this.replies.push(performance.now());
      this.#quiet = 0;
      return;
    }
    this.#quiet++;
    if (this.#quiet === QUIET_FRAMES) this.stops.push(performance.now() - QUIET_FRAMES * FRAME_MS);
  }
}

class RoomCaller {
  readonly ear = new RoomEar();
  readonly #phone: RoomPhone;

  constructor(n: number) {
    this.#phone = new RoomPhone(`bench-${n}`);
    this.#phone.onFrame = (isLoud) => this.ear.frame(isLoud);
  }

  /** Joins as a telephone; the script begins when the agent is there. */
  async call(livekit: LiveKitServer, script: Script): Promise<void> {
    const agent = new Promise<void>((there) => this.#phone.participant.once('trackSubscribed', () => there()));
    await this.#phone.join(
      livekit,
      { 'sip.callStatus': 'active', 'sip.phoneNumber': '+4930123456', 'sip.trunkPhoneNumber': NUMBER },
      false,
    );
    await agent;
    this.#phone.speak(Int16Array.from(script.frames.flatMap((frame) => [...frame])));
    await this.#phone.publish();
    this.ear.startMs = performance.now();
  }

  hangUp(): Promise<void> {
    return this.#phone.leave();
  }
}

/** So many calls over media sockets, and as many in rooms, one after the other. */
export async function roomCalls(n: number): Promise<{
  readonly web: Row;
  readonly room: Row;
  readonly webThreads: Threads;
  readonly roomThreads: Threads;
  readonly liveKitServer: number;
}> {
  const web = await manyCalls({ n });
  const script = makeScript(null);
  const livekit = new LiveKitServer(true);
  const port = await freePort();
  moveTo(0, process.pid);
  await livekit.start(`http://127.0.0.1:${port}/voice/webhook/livekit`);
  const settings = { LIVEKIT_URL: livekit.url, LIVEKIT_API_KEY: livekit.key, LIVEKIT_API_SECRET: livekit.secret };
  const server = await BenchServer.start([
    '--calls',
    String(n),
    '--port',
    String(port),
    '--livekit',
    JSON.stringify(settings),
  ]);
  await server.number(await server.agent(''));
  const base = await server.ask('memory', 'memory');
  const callers = Array.from({ length: n }, (_, i) => new RoomCaller(i));
  const beganMs = performance.now();
  const calls = callers.map(async (caller, i) => {
    await sleep(Math.max(0, beganMs + (STAGGER_MS * i) / n - performance.now()));
    await caller.call(livekit, script);
  });
  await calls[0];
  await sleep(500);
  server.startMeter();
  const before = cpuOf(livekit.pid);
  await sleep(Math.max(0, callers[0]!.ear.startMs + CALL_MS - 500 - performance.now()));
  const { cost, overheadMs, threads } = await server.ask('stop', 'cost');
  const spent = cpuOf(livekit.pid) - before;
  await Promise.all(calls);
  await sleep(Math.max(0, callers.at(-1)!.ear.startMs + CALL_MS + 300 - performance.now()));
  const memory = await server.ask('memory', 'memory');
  for (const caller of callers) await caller.hangUp();
  await server.stop();
  await livekit.close();
  await dispose();
  const heard = judge(
    callers.map(({ ear }) => ear),
    script,
  );
  return {
    web,
    room: rowOf(n, null, { ...heard, overheadMs }, cost, memory.rssMb - base.rssMb),
    webThreads: web.threads,
    roomThreads: perCallSecond(threads, cost.seconds * n),
    liveKitServer: spent / cost.seconds / n,
  };
}
