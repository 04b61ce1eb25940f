import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stage, type ScriptedEar } from './scripted.ts';

const LONG = 'Our plan costs ten dollars a month and the first month is free of charge.';

describe('a session', () => {
  it('says its first message, answers the caller, and the answer comes when the turn is over', async () => {
    const s = stage();
    s.session.start(s.line);
    await s.silence(3000);
    assert.deepEqual(s.entries('agent'), ['Hello there.']);
    await s.speak(1000, 'what does it cost');
    const asked = s.clock.nowMs();
    await s.silence(6000);
    assert.deepEqual(s.entries('caller'), ['what does it cost']);
    assert.deepEqual(s.entries('agent'), ['Hello there.', 'That costs ten dollars a month, all in.']);
    const first = s.line.frames.find((frame) => frame.atMs > asked)!;
    // Recogniser 100 ms after its end, model 200, voice 100: nothing of ours comes on top but a frame or two.
    assert.ok(first.atMs - asked <= 260 + 100 + 200 + 100 + 60, `${first.atMs - asked} ms`);
  });

  it('says truthfully that it cannot say what no voice can, once a turn, and that is on record', async () => {
    const s = stage({ firstMessage: '您好，这里是客服中心。请问有什么可以帮您？' });
    s.voices[0]!.mode = 'english';
    s.session.start(s.line);
    await s.silence(8000);
    assert.deepEqual(s.entries('agent'), ['I am sorry, I can only speak English on this line.']);
  });

  it('asks the next voice where one does not have the language', async () => {
    const s = stage({ firstMessage: 'Ваш заказ уже в пути' }, 2);
    s.voices[0]!.mode = 'english';
    s.session.start(s.line);
    await s.silence(8000);
    assert.deepEqual([s.entries('agent'), s.voices[1]!.said], [['Ваш заказ уже в пути'], ['Ваш заказ уже в пути']]);
  });

  it('takes an answer of nothing but thoughts for none, and asks the next model', async () => {
    const s = stage({}, 2);
    s.models[0]!.parts = [{ type: 'text', text: '<think>The margin is sixty percent.' }, { type: 'done' }];
    s.session.start(s.line);
    await s.silence(3000);
    await s.speak(1000, 'what does it cost');
    await s.silence(6000);
    assert.deepEqual(s.entries('agent'), ['Hello there.', 'That costs ten dollars a month, all in.']);
  });

  it('never leads the line by more than 200 ms, and never bursts after a stall', async () => {
    const s = stage({ firstMessage: LONG });
    s.session.start(s.line);
    let most = 0;
    for (let i = 0; i < 60; i++) {
      await s.clock.advance(20);
      most = Math.max(most, s.line.leadMs);
    }
    assert.ok(most > 100 && most <= 200, `lead ${most} ms`);
    const before = s.line.frames.length;
    s.clock.stall(1000);
    await s.clock.advance(20);
    // What the carrier holds ahead is filled again in two ticks; the second that was lost is not made up for.
    assert.ok(s.line.frames.length - before <= 8, 'a burst');
    assert.ok(s.line.leadMs <= 200);
  });

  it('stops within 200 ms of an interruption, clears, and remembers only what was heard', async () => {
    const s = stage({ firstMessage: LONG });
    s.session.start(s.line);
    await s.silence(1500);
    const clears = s.line.clears;
    const began = s.clock.nowMs();
    while (s.line.clears === clears) await s.speak(20, 'wait a moment please');
    assert.ok(s.clock.nowMs() - began <= 200, `stopped after ${s.clock.nowMs() - began} ms`);
    await s.speak(700, 'wait a moment please');
    await s.silence(600);
    const cut = s.notes.find((note) => note.kind === 'interrupted');
    assert.ok(cut && LONG.startsWith(cut.heard) && cut.heard.length < LONG.length / 2, JSON.stringify(cut));
    assert.equal(s.entries('agent')[0], cut.heard);
    await s.silence(8000);
    assert.equal(s.entries('caller')[0], 'wait a moment please');
  });

  it("takes written words for the caller's: they interrupt, and are answered at once", async () => {
    const s = stage({ firstMessage: LONG });
    s.session.start(s.line);
    await s.silence(1500);
    const clears = s.line.clears;
    s.session.message('yes');
    await s.silence(40);
    assert.ok(s.line.clears > clears, 'even a word that would only nod if it was spoken');
    assert.deepEqual(s.entries('caller'), ['yes']);
    const cut = s.notes.find((note) => note.kind === 'interrupted');
    assert.ok(cut && LONG.startsWith(cut.heard) && cut.heard.length < LONG.length / 2);
    await s.silence(8000);
    const answers = s.entries('agent').length;
    s.session.message('  what does it cost ');
    await s.silence(6000);
    assert.deepEqual([s.entries('caller').at(-1), s.entries('agent').length], ['what does it cost', answers + 1]);
    const [entry] = s.notes.flatMap((note) =>
      note.kind === 'entry' && note.item.role === 'caller' && note.item.text === 'what does it cost' ? [note.item] : [],
    );
    assert.deepEqual([entry!.written, entry!.confidence], [true, 1]);
  });

  it('goes on from the same sample after a backchannel', async () => {
    const s = stage({ firstMessage: LONG });
    s.session.start(s.line);
    await s.silence(1500);
    const before = s.line.frames.length;
    await s.speak(240, 'mm-hm');
    await s.silence(12_000);
    assert.deepEqual(s.entries('agent')[0], LONG);
    assert.equal(
      s.notes.some((note) => note.kind === 'interrupted'),
      false,
    );
    // Every frame is sent once, but for what lay at the carrier when it was paused.
    const needed = Math.ceil((LONG.length * 80) / 20);
    assert.ok(s.line.frames.length <= needed + 12, `${s.line.frames.length} frames for ${needed} (${before} before)`);
  });

  it('asks for the voice when the first sentence has its full stop, not a word later', async () => {
    const s = stage();
    s.session.start(s.line);
    await s.silence(3000);
    s.models[0]!.stream = [
      [200, 'That costs ten dollars.'],
      [900, ' All in.'],
    ];
    await s.speak(1000, 'what does it cost');
    const asked = s.clock.nowMs();
    await s.silence(6000);
    assert.deepEqual(s.entries('agent').slice(1), ['That costs ten dollars. All in.']);
    assert.deepEqual(s.voices[0]!.said.slice(1), ['That costs ten dollars.', 'All in.'], 'each asked for once');
    const first = s.line.frames.find((frame) => frame.atMs > asked)!;
    // Recogniser 100 ms after its end, model 900 to the word that makes it certain: the voice's 100 are over by then.
    assert.ok(first.atMs - asked <= 260 + 100 + 900 + 40, `${first.atMs - asked} ms`);
  });

  it('says a first sentence that was taken for whole too early as the model wrote it', async () => {
    const s = stage();
    s.session.start(s.line);
    await s.silence(3000);
    s.models[0]!.stream = [
      [200, 'You find it on example.'],
      [500, 'com, all of it. Anything else?'],
    ];
    await s.speak(1000, 'where is that');
    await s.silence(8000);
    assert.deepEqual(s.entries('agent').slice(1), ['You find it on example.com, all of it. Anything else?']);
    assert.deepEqual(s.voices[0]!.said.slice(2), ['You find it on example.com, all of it.', 'Anything else?']);
  });

  it('waits for the agent to finish where interruption is off, and answers then', async () => {
    const s = stage({ firstMessage: LONG, interruptible: false });
    s.session.start(s.line);
    await s.silence(1000);
    await s.speak(600, 'stop');
    await s.silence(12_000);
    assert.equal(s.entries('agent')[0], LONG);
    assert.deepEqual(s.entries('caller'), ['stop']);
    assert.equal(s.entries('agent').length >= 2, true);
  });

  it('a model that never answers is given up for the next, then for an apology', async () => {
    const s = stage({}, 2);
    s.models[0]!.parts = null;
    s.session.start(s.line);
    await s.silence(2500);
    await s.speak(800, 'what does it cost');
    await s.silence(12_000);
    assert.match(s.entries('agent')[1]!, /ten dollars/);
    s.models[1]!.parts = null;
    await s.speak(800, 'and for a year');
    await s.silence(25_000);
    assert.match(s.entries('agent').join(' '), /technical problem/);
  });

  it('says opening words where the answer is late, and they are no answer', async () => {
    const late = { openingAfterMs: 1000 };
    const s = stage(late);
    s.models[0]!.delayMs = 2500;
    s.session.start(s.line);
    await s.silence(3000);
    await s.speak(1000, 'what does it cost');
    const saidMs = s.clock.nowMs();
    await s.silence(8000);
    const first = s.line.frames.find((frame) => frame.atMs > saidMs)!;
    // The voice takes 100 ms, and the audio comes in frames.
    assert.ok(first.atMs - saidMs >= 1000 && first.atMs - saidMs <= 1000 + 100 + 60, `${first.atMs - saidMs} ms`);
    assert.match(
      s.entries('agent')[1]!,
      /^(Let me see|Just a second|Let me check)\. That costs ten dollars a month, all in\.$/,
    );
    const quick = stage(late);
    quick.session.start(quick.line);
    await quick.silence(3000);
    await quick.speak(1000, 'what does it cost');
    await quick.silence(6000);
    assert.equal(quick.entries('agent')[1], 'That costs ten dollars a month, all in.');
    const mute = stage(late);
    mute.models[0]!.parts = [{ type: 'done' }];
    mute.models[0]!.delayMs = 2500;
    mute.session.start(mute.line);
    await mute.silence(3000);
    await mute.speak(1000, 'what does it cost');
    await mute.silence(12_000);
    assert.match(mute.entries('agent')[1]!, /technical problem/);
  });

  it('does not think before the turn is over where that is switched off', async () => {
    const begins = async (speculates: boolean) => {
      const s = stage({ speculates, endpointMs: 900 });
      s.session.start(s.line);
      await s.silence(3000);
      await s.speak(1000, 'what does it cost');
      await s.silence(600);
      return s.models[0]!.requests.length;
    };
    assert.deepEqual([await begins(true), await begins(false)], [1, 0]);
  });

  it('a voice that fails is replaced by the next; when all fail the call ends and says why', async () => {
    const s = stage({}, 2);
    s.voices[0]!.mode = 'silent';
    s.session.start(s.line);
    await s.silence(9000);
    assert.deepEqual(s.entries('agent')[0], 'Hello there.');
    for (const voice of s.voices) voice.mode = 'error';
    await s.speak(800, 'what does it cost');
    await s.silence(40_000);
    assert.deepEqual(s.hungUp, ['speech_failed']);
    assert.deepEqual(s.ends, ['speech_failed']);
  });

  for (const mode of ['dies', 'stalls'] as const) {
    it(`a voice that ${mode} in mid-sentence is taken over by the next: the caller hears speech again within two seconds, and no word is lost`, async () => {
      const first = 'We have two plans and the larger one costs ten dollars a month.';
      const s = stage({ firstMessage: first }, 2);
      s.voices[0]!.mode = mode;
      s.session.start(s.line);
      await s.silence(9000);
      const times = s.line.frames.map((frame) => frame.atMs);
      const gaps = times.slice(1).map((atMs, i) => atMs - times[i]!);
      assert.ok(Math.max(...gaps) < 2000, `${Math.max(...gaps)} ms of silence`);
      const [rest] = s.voices[1]!.said;
      assert.ok(first.endsWith(rest!), rest);
      // The first voice had said half of it, and surely the words before the rest.
      const said = first.slice(0, first.length - rest!.length);
      assert.ok(said.length > 5 && said.length <= first.length / 2 + 8, said);
      assert.deepEqual(s.entries('agent'), [first]);
    });
  }

  it('a recogniser that goes deaf is replaced, with the audio it missed', async () => {
    const s = stage({}, 2);
    s.session.start(s.line);
    await s.silence(2500);
    s.ears[0]!.next = null;
    for (let i = 0; i < 2; i++) {
      for (let at = 0; at < 1; at++) await s.speak(900, 'does anybody hear me');
      s.ears[0]!.next = null;
      await s.silence(4000);
    }
    assert.equal(s.ears[1]!.opened, 1);
    assert.ok(s.ears[1]!.utterances >= 1, 'the kept audio was not replayed');
    assert.match(s.entries('caller').join(' '), /does anybody hear me/);
  });

  it('a recogniser that broke off once is used again in the same call, with the beginning of the utterance', async () => {
    const s = stage({}, 2);
    s.session.start(s.line);
    await s.silence(2500);
    const [first, second] = s.ears as [ScriptedEar, ScriptedEar];
    first.diesAfterMs = 600;
    await s.speak(1500, 'i would like to book a table');
    await s.silence(6000);
    assert.deepEqual([first.opened, second.utterances], [1, 1]);
    first.diesAfterMs = Infinity;
    const before = first.givenMs;
    await s.speak(1000, 'for four people please');
    await s.silence(6000);
    assert.deepEqual([first.opened, first.utterances, second.utterances], [2, 2, 1]);
    assert.ok(first.givenMs - before > 1000);
    assert.deepEqual(s.entries('caller').at(-1), 'for four people please');
    await s.speak(1000, 'in the evening');
    await s.silence(3000);
    assert.deepEqual([first.opened, first.utterances, second.utterances], [2, 3, 1], 'it stays in use');
  });

  it('a recogniser that breaks off each time is left for ever longer', async () => {
    const s = stage({}, 2);
    s.session.start(s.line);
    await s.silence(2500);
    const [first, second] = s.ears as [ScriptedEar, ScriptedEar];
    first.diesAfterMs = 300;
    for (let n = 0; n < 8; n++) {
      await s.speak(1000, `sentence number ${n}`);
      await s.silence(4000);
    }
    assert.equal(second.utterances, 8, 'every utterance was understood by the other one');
    assert.ok(first.opened <= 5, `${first.opened} times`);
  });

  it('a recogniser that breaks off in mid-utterance is replaced within a second, and given all of the utterance again', async () => {
    const s = stage({}, 2);
    s.session.start(s.line);
    await s.silence(2500);
    s.ears[0]!.diesAfterMs = 600;
    const spokeMs = s.clock.nowMs();
    await s.speak(1500, 'i would like to book a table');
    await s.silence(2000);
    const [first, second] = s.ears as [ScriptedEar, ScriptedEar];
    assert.equal(second.opened, 1);
    // It broke off after 600 ms of speech; the other began at most a second later.
    assert.ok(second.beganMs! - (first.beganMs! + 600) < 1000, `${second.beganMs! - first.beganMs!} ms`);
    assert.ok(second.givenMs >= s.clock.nowMs() - spokeMs - 40, `${second.givenMs} ms of it were given again`);
    assert.deepEqual(s.entries('caller'), ['i would like to book a table']);
  });

  it('runs a tool once although the caller interrupts, fills the wait, and speaks of the result', async () => {
    const s = stage();
    let finish = () => {};
    s.tool = () => new Promise((done) => (finish = () => done({ status: 'ok', output: 'It is sunny.' })));
    s.models[0]!.parts = [{ type: 'tool-call', name: 'weather', args: {} }, { type: 'done' }];
    s.session.start(s.line);
    await s.silence(2500);
    await s.speak(800, 'how is the weather');
    await s.silence(3500);
    assert.equal(s.toolRuns.length, 1);
    assert.ok(s.voices[0]!.said.includes('One moment, please.'));
    s.models[0]!.parts = [{ type: 'text', text: 'It is sunny.' }, { type: 'done' }];
    await s.speak(900, 'are you still looking it up');
    finish();
    await s.silence(8000);
    assert.equal(s.toolRuns.length, 1);
    assert.ok(
      s.models[0]!.requests.at(-1)!.messages.some(
        (message) => message.role === 'tool-result' && message.output === 'It is sunny.',
      ),
    );
    assert.match(s.entries('agent').join(' '), /It is sunny/);
  });

  it('tells a caller who waits for a slow tool again and again that it goes on', async () => {
    const s = stage();
    s.tool = () => new Promise(() => undefined);
    s.models[0]!.parts = [{ type: 'tool-call', name: 'weather', args: {} }, { type: 'done' }];
    s.session.start(s.line);
    await s.silence(2500);
    await s.speak(800, 'how is the weather');
    await s.silence(18_000);
    assert.equal(s.voices[0]!.said.filter((text) => text === 'One moment, please.').length, 2);
  });

  it('what was thought too early leaves no trace when the caller goes on', async () => {
    const s = stage({ endpointMs: 600 });
    s.models[0]!.parts = [{ type: 'tool-call', name: 'book', args: {} }, { type: 'done' }];
    s.tool = () => {
      s.models[0]!.parts = [{ type: 'text', text: 'Booked.' }, { type: 'done' }];
      return Promise.resolve({ status: 'ok', output: 'booked' });
    };
    s.session.start(s.line);
    await s.silence(2500);
    await s.speak(700, 'book it for monday');
    await s.silence(500);
    assert.equal(s.toolRuns.length, 0);
    await s.speak(700, 'no tuesday');
    await s.silence(4000);
    assert.deepEqual(s.entries('caller'), ['book it for monday no tuesday']);
    assert.equal(s.toolRuns.length, 1);
  });

  it('sends nothing after hang-up, and writes down the last words first', async () => {
    const s = stage({ firstMessage: LONG });
    s.session.start(s.line);
    await s.silence(800);
    await s.speak(400, 'i have to go');
    s.session.hungUp('caller_hung_up');
    s.line.close();
    await s.clock.advance(3000);
    assert.deepEqual(s.ends, ['caller_hung_up']);
    assert.match(s.entries('caller').join(' '), /i have to go/);
    assert.ok(s.clock.idle, 'a timer was left behind');
  });

  it('a line that is lost is taken up again where it was, or given up after ten seconds', async () => {
    const s = stage({ firstMessage: LONG });
    s.session.start(s.line);
    await s.silence(1500);
    s.session.mediaLost();
    await s.clock.advance(4000);
    const frames = s.line.frames.length;
    s.session.mediaBack(s.line);
    await s.silence(12_000);
    assert.ok(s.line.frames.length > frames);
    assert.equal(s.entries('agent')[0], LONG);
    s.session.mediaLost();
    await s.clock.advance(11_500);
    assert.deepEqual(s.ends, ['media_lost']);
  });

  it('a client that never returns marks is timed by the clock, and the record says so', async () => {
    const s = stage();
    s.line.returnsMarks = false;
    s.session.start(s.line);
    await s.silence(4000);
    const entry = s.notes.find((note) => note.kind === 'entry');
    assert.ok(entry?.kind === 'entry' && entry.item.role === 'agent' && entry.item.estimated);
  });

  it('a number keyed in is answered like one that was said', async () => {
    const s = stage();
    s.session.start(s.line);
    await s.silence(2500);
    for (const digit of '42#') s.session.dtmf(digit);
    await s.silence(4000);
    assert.deepEqual(s.entries('caller'), ['42#']);
    assert.equal(s.entries('agent').length, 2);
  });
});
