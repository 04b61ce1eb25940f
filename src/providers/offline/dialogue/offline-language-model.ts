import type {
  CallPhase,
  LanguageModel,
  ModelJob,
  ModelMessage,
  ModelPart,
  ModelRequest,
  ToolDefinition,
} from '#engine/contracts/language-model.ts';
import { spokenWords } from '../speech/text.ts';
import { factsIn, understand } from '../analysis/facts.ts';
import { expectedAfter, expectedPhrases } from './expected.ts';
import { intentOf, timeIn, type Intent } from './intents.ts';
import { phrase } from './phrasing.ts';
import { Known } from './recollection.ts';
import { bookingTool, fillIn, speakable, toolAskedFor } from './tool-use.ts';
import { findAnswer, findRule, readPrompt, withKnowledge, type PromptScript } from './prompt-script.ts';

/** What to say and do next. */
interface Reply {
  readonly text: string;
  readonly phase: CallPhase;
  readonly tool?: { readonly name: string; readonly args: Readonly<Record<string, string>> };
}

/** Tools that the rules know how to use; each is used only where the agent has it. */
export const TRANSFER = 'transfer_to_human';
export const CALLBACK = 'take_callback';
export const DO_NOT_CALL = 'do_not_call';
export const BOOK = 'book_slot';
const END_CALL = 'end_call';
export const LOOK_UP = 'look_up_knowledge';
const OURS = new Set([TRANSFER, CALLBACK, DO_NOT_CALL, BOOK, END_CALL, LOOK_UP]);

const ACKNOWLEDGEMENTS = ['Thank you.', 'I see, thank you.', 'Good to know.', 'I understand.', 'Great.'];
const CLOSING_QUESTION = 'Would you like to book a short appointment?';
const WHEN_QUESTION = 'Which day and time would suit you?';
const CALLBACK_QUESTION = 'When may I call you back?';
const ANOTHER_QUESTION = 'Which other day and time would suit you?';
const TAKEN = 'that time is taken';
const NOBODY_FREE = 'I am sorry, nobody is free right now. You are welcome to wait, or shall we call you back?';

/**
 * A rule-based stand-in for a language model: it follows the questions, facts and sections of the agent's prompt, and
 * understands agreement, refusal, call-back, the wish for a person and goodbye. It keeps nothing: the conversation it
 * is given is all it knows. Plainly no large model, and never said to be one.
 */
export class OfflineLanguageModel implements LanguageModel {
  readonly id = 'offline-rules';

  generate(request: ModelRequest, onPart: (part: ModelPart) => void): { abort(): void } {
    const timer = setImmediate(() => {
      const { job = 'talk' } = request;
      if (job !== 'talk') {
        onPart({ type: 'text', text: WORK[job](request) });
        return onPart({ type: 'done' });
      }
      const reply = new Conversation(request).next();
      const expects = expectedAfter(reply.text);
      onPart({ type: 'dialogue', phase: reply.phase, expects, phrases: expectedPhrases(expects) });
      if (reply.text !== '') onPart({ type: 'text', text: reply.text });
      if (reply.tool) onPart({ type: 'tool-call', name: reply.tool.name, args: reply.tool.args });
      onPart({ type: 'done' });
    });
    return { abort: () => clearImmediate(timer) };
  }
}

const allOf = ({ messages }: ModelRequest): string[] =>
  messages.flatMap((one) => (one.role === 'caller' ? [one.text] : []));

/** What agents do that do not talk themselves. */
const WORK: Readonly<Record<Exclude<ModelJob, 'talk'>, (request: ModelRequest) => string>> = {
  understand: (request) => JSON.stringify(understand(callerSince(request.messages))),
  phrase: (request) => phrase(callerSince(request.messages)),
  remember: (request) => {
    const known = new Known(request.notes ?? []);
    const answer = known.answerTo(callerSince(request.messages));
    if (answer !== null) return answer;
    const { name, wants, preferences } = factsIn(allOf(request).slice(-1));
    const noted = [
      ...(name === null ? [] : [`your name is ${name}`]),
      ...(wants === null ? [] : [`you want ${wants}`]),
      ...Object.entries(preferences).map(([what, value]) =>
        what === 'prefers' ? `you prefer ${value}` : `your ${what} is ${value}`,
      ),
    ];
    return noted.length > 0
      ? `I will remember that ${noted.join(', and ')}.`
      : (known.told() ?? 'Nothing is known yet.');
  },
};

class Conversation {
  readonly #known: Known;
  readonly #script: PromptScript;
  readonly #messages: readonly ModelMessage[];
  readonly #tools: ReadonlySet<string>;
  /** Tools that are no part of this model. */
  readonly #others: readonly ToolDefinition[];
  readonly #agentSaid: string;
  readonly #lastAgent: string;
  readonly #caller: string;

  constructor(request: ModelRequest) {
    this.#script = withKnowledge(readPrompt(request.prompt), request.knowledge ?? []);
    this.#known = new Known(request.notes ?? []);
    this.#messages = request.messages;
    this.#tools = new Set(request.tools.map((tool) => tool.name));
    this.#others = request.tools.filter((tool) => !OURS.has(tool.name));
    const agentTexts = request.messages.filter((one) => one.role === 'agent').map((one) => one.text);
    this.#agentSaid = plain(agentTexts.join(' '));
    this.#lastAgent = agentTexts.at(-1) ?? '';
    this.#caller = callerSince(request.messages);
  }

  next(): Reply {
    const result = this.#messages.at(-1);
    if (result?.role === 'tool-result') return this.#afterTool(result);
    const scripted = findRule(this.#script, this.#caller);
    if (scripted !== null) return { text: scripted, phase: this.#phase() };
    const remembered = this.#known.answerTo(this.#caller);
    if (remembered !== null) return { text: remembered, phase: this.#phase() };
    return this.#useAskedFor() ?? this.#answer(intentOf(this.#caller));
  }

  #answer(intent: Intent): Reply {
    const time = timeIn(this.#caller);
    const wanted = this.#lastAgent;
    switch (intent) {
      case 'do-not-call':
        if (this.#tools.has(DO_NOT_CALL)) return { text: '', phase: 'CLOSING', tool: { name: DO_NOT_CALL, args: {} } };
        return this.#goodbye('I apologise. We will not call you again.', 'do_not_call');
      case 'human':
        return this.#human();
      case 'are-you-human':
        return this.#goOn('I am an automated assistant, and a colleague can take over if you like.');
      case 'identity':
        return this.#goOn(this.#introduction());
      case 'repeat':
        return { text: this.#lastAgent === '' ? this.#introduction() : this.#lastAgent, phase: this.#phase() };
      case 'callback':
        return time === null ? { text: `No problem. ${CALLBACK_QUESTION}`, phase: 'CLOSING' } : this.#callback(time);
      case 'wait':
        return { text: 'Thank you for waiting.', phase: this.#phase() };
      case 'too-expensive':
        return this.#asked(CLOSING_QUESTION)
          ? this.#goodbye('I understand.', 'refused')
          : {
              text: `${this.#script.objection ?? 'I understand. It pays for itself in time saved.'} ${CLOSING_QUESTION}`,
              phase: 'OBJECTIONS',
            };
      case 'goodbye':
        return this.#goodbye('', 'completed');
      case 'refusal':
        return this.#refused();
      case 'question':
        return this.#question(time);
      case 'agreement':
      case 'statement':
      case 'greeting':
      case 'hesitation':
        if (wanted.includes(CALLBACK_QUESTION) || wanted.endsWith('call you back?'))
          return time !== null || intent === 'agreement'
            ? this.#callback(time ?? 'soon')
            : { text: CALLBACK_QUESTION, phase: 'CLOSING' };
        if (this.#isOffered())
          return time !== null
            ? this.#booked(time)
            : intent === 'agreement'
              ? this.#booked(this.#offeredSlot() ?? '')
              : { text: WHEN_QUESTION, phase: 'CLOSING' };
        if (this.#waits()) return { text: 'Thank you for waiting.', phase: 'CLOSING' };
        if (this.#offersAppointment(wanted) && time !== null) return this.#booked(time);
        if (wanted.includes(CLOSING_QUESTION) && intent === 'agreement')
          return { text: `Great. ${WHEN_QUESTION}`, phase: 'CLOSING' };
        if (/anything else[^?]{0,80}\?$/i.test(wanted) && intent !== 'agreement') return this.#goodbye('', 'completed');
        return this.#goOn(intent === 'greeting' ? this.#greeting() : this.#acknowledgement());
    }
  }

  #afterTool({ name, output, status }: Extract<ModelMessage, { role: 'tool-result' }>): Reply {
    switch (name) {
      case TRANSFER:
        return {
          text: /accepted|connected/i.test(output) ? 'I am connecting you now.' : NOBODY_FREE,
          phase: 'CLOSING',
        };
      case CALLBACK:
        return this.#goodbye('I have noted that we call you back.', 'callback');
      case DO_NOT_CALL:
        return this.#goodbye('I apologise. We will not call you again.', 'do_not_call');
      case BOOK:
        return this.#afterBooking(output);
      default: {
        if (status !== 'ok')
          return this.#goOn(
            status === 'failed'
              ? 'I am sorry, that did not work.'
              : 'I am sorry, I got no answer, so I do not know whether it was done.',
          );
        const booking = bookingTool(this.#others)?.name === name;
        return booking ? this.#goodbye(speakable(output), 'booked') : this.#goOn(speakable(output));
      }
    }
  }

  #human(): Reply {
    if (this.#waits()) return { text: 'I am sorry, still nobody is free. Thank you for waiting.', phase: 'CLOSING' };
    if (this.#tools.has(TRANSFER))
      return {
        text: '',
        phase: 'CLOSING',
        tool: { name: TRANSFER, args: { reason: 'The caller asked for a person.' } },
      };
    return { text: NOBODY_FREE, phase: 'CLOSING' };
  }

  #callback(when: string): Reply {
    if (this.#tools.has(CALLBACK)) return { text: '', phase: 'CLOSING', tool: { name: CALLBACK, args: { when } } };
    return this.#goodbye('I have noted that we call you back.', 'callback');
  }

  #booked(when: string): Reply {
    const own = bookingTool(this.#others);
    if (own) return this.#use(own);
    if (this.#tools.has(BOOK)) return { text: '', phase: 'CLOSING', tool: { name: BOOK, args: { when } } };
    return this.#goodbye('Great, I have noted that.', 'booked');
  }

  #afterBooking(output: string): Reply {
    if (output.startsWith('Booked')) return this.#goodbye('Your appointment is booked.', 'booked');
    const free = /Free: ([^(]{1,80}) \(/.exec(output)?.[1];
    if (free !== undefined)
      return { text: `I am sorry, ${TAKEN}, but ${free} is free. Is that all right?`, phase: 'CLOSING' };
    return this.#asked(ANOTHER_QUESTION)
      ? this.#goodbye('A colleague will contact you about the time.', 'callback')
      : { text: ANOTHER_QUESTION, phase: 'CLOSING' };
  }

  /** Whether the last thing said was that another time is free. */
  #isOffered(): boolean {
    return this.#lastAgent.includes(TAKEN);
  }

  #offeredSlot(): string | null {
    const result = this.#messages.findLast((one) => one.role === 'tool-result' && one.name === BOOK);
    return result?.role === 'tool-result'
      ? (/Free: [^(]{1,80} \(([^)]{1,80})\)/.exec(result.output)?.[1] ?? null)
      : null;
  }

  /** What the caller's own words ask a tool for; or the answer to what the tool still lacked. */
  #useAskedFor(): Reply | null {
    if (this.#others.length === 0) return null;
    const asked = toolAskedFor(this.#others, this.#caller);
    if (asked) return this.#use(asked);
    // The question before was for a tool: it goes on with the answer.
    for (const tool of this.#others) {
      const before = fillIn(
        tool,
        this.#messages.slice(
          0,
          this.#messages.findLastIndex((one) => one.role === 'agent'),
        ),
      );
      if ('ask' in before && this.#lastAgent.endsWith(before.ask)) return this.#use(tool);
    }
    return null;
  }

  #use(tool: ToolDefinition): Reply {
    const filled = fillIn(tool, this.#messages);
    if ('ask' in filled) return { text: filled.ask, phase: this.#phase() };
    return { text: '', phase: this.#phase(), tool: { name: tool.name, args: filled.args } };
  }

  /** A "no" answers the question at hand; refusing the offer, or twice, ends the talk. */
  #refused(): Reply {
    const refusals = this.#messages.filter((one) => one.role === 'caller' && intentOf(one.text) === 'refusal').length;
    if (/anything else|any (other )?questions/i.test(this.#lastAgent)) return this.#goodbye('', 'completed');
    const clear = /\b(interest|need|want|rather not|no thank|leave me)\b/.test(plain(this.#caller));
    if (clear || refusals > 1 || this.#asked(CLOSING_QUESTION)) return this.#goodbye('I understand.', 'refused');
    return this.#goOn('I see.');
  }

  #question(time: string | null): Reply {
    if (time !== null && this.#offersAppointment(this.#lastAgent)) return this.#booked(time);
    const answer = findAnswer(this.#script, this.#caller);
    return this.#goOn(answer ?? 'That is a good question. A colleague will answer it for you.');
  }

  /** Says something and goes on with the script: the next question, then the offer, then the appointment. */
  #goOn(first: string): Reply {
    const join = (text: string) => [first, text].filter(Boolean).join(' ');
    const question = this.#script.questions.find((one) => !this.#asked(one));
    if (question) return { text: join(question), phase: 'DISCOVERY' };
    const { pitch, closing } = this.#script;
    const ask = closing ?? CLOSING_QUESTION;
    if (pitch !== null && !this.#asked(pitch))
      return { text: join(`${pitch} ${ask.includes('?') ? ask : CLOSING_QUESTION}`), phase: 'PRESENTATION' };
    if (!this.#asked(ask)) return { text: join(ask.includes('?') ? ask : CLOSING_QUESTION), phase: 'CLOSING' };
    if (!this.#asked('anything else')) return { text: join('Is there anything else?'), phase: 'CLOSING' };
    return this.#goodbye(first, 'completed');
  }

  #goodbye(first: string, reason: string): Reply {
    const last = this.#script.goodbye ?? 'Thank you for your time. Goodbye.';
    return {
      text: [first, last].filter(Boolean).join(' '),
      phase: 'CLOSING',
      tool: { name: END_CALL, args: { reason } },
    };
  }

  #introduction(): string {
    const { agentName, company } = this.#script;
    const who = agentName
      ? `This is ${agentName}${company ? ` from ${company}` : ''}.`
      : `This is an automated assistant${company ? ` of ${company}` : ''}.`;
    return `${who} I have a few short questions.`;
  }

  /** Whoever is known is greeted by name, once. */
  #greeting(): string {
    const { name } = this.#known;
    return name === null || this.#agentSaid.includes(plain(name)) ? '' : `Hello ${name}.`;
  }

  #acknowledgement(): string {
    const turns = this.#messages.filter((one) => one.role === 'agent').length;
    return ACKNOWLEDGEMENTS[turns % ACKNOWLEDGEMENTS.length]!;
  }

  #offersAppointment(text: string): boolean {
    return /\b(which day|what time|what day|when would|when are you|suit you|appointment|demo|meeting|schedule|book)\b/i.test(
      text,
    );
  }

  #waits(): boolean {
    return this.#messages.some((one) => one.role === 'tool-result' && one.name === TRANSFER);
  }

  /** Whether the caller has heard it: its last words are enough, for the start may have been interrupted away. */
  #asked(text: string): boolean {
    const words = spokenWords(text);
    return this.#agentSaid.includes(words.slice(-4).join(' '));
  }

  #phase(): CallPhase {
    if (this.#asked(CLOSING_QUESTION)) return 'CLOSING';
    return this.#messages.some((one) => one.role === 'caller') ? 'DISCOVERY' : 'GREETING';
  }
}

const plain = (text: string) => spokenWords(text).join(' ');

/** Everything that the caller said since the agent was last heard. */
function callerSince(messages: readonly ModelMessage[]): string {
  const texts: string[] = [];
  for (const one of messages.toReversed()) {
    if (one.role === 'agent') break;
    if (one.role === 'caller') texts.unshift(one.text);
  }
  return texts.join(' ');
}
