import type {
  KnowledgePassage,
  ModelMessage,
  ToolArgs,
  ToolDefinition,
  ToolResultStatus,
} from '#engine/contracts/language-model.ts';
import { answerToHeld, askToGoAhead, heldBack, heldRequest } from './agreement.ts';
import { Answers } from './answering/answer.ts';
import { statementsOf } from './answering/statements.ts';
import { afterChange, changeStep } from './booking/change.ts';
import { deskOf, offers } from './booking/desk.ts';
import {
  bookingStep,
  NO_NAME,
  NO_NAME_REASON,
  pendingQuestion,
  spokenInstant,
  TAKEN,
  type BookingDesk,
} from './booking/wish.ts';
import { instructed } from './instructed.ts';
import { intentOf, messageIn, timeIn, type Intent } from './intents.ts';
import { findRule } from './prompt-script.ts';
import { acknowledgement, ANYTHING_ELSE, CLOSING_QUESTION, nextOfSale, objectionOf } from './selling.ts';
import { CALLBACK, DO_NOT_CALL, END_CALL, plain, TRANSFER, type Reply, type Talk } from './talk.ts';
import { fillIn, speakable, spelledCode, toolAskedFor } from './tool-use.ts';

const CALLBACK_QUESTION = 'When may I call you back?';
const ANOTHER_QUESTION = 'Which other day and time would suit you?';
/** The answer to a request for a human agent. */
function transferWords(output: string): string {
  if (/does not wait/.test(output)) return `All right. ${HELP_QUESTION}`;
  const refused = /^Not in line: (.*)\. Say so, and offer (.*)\.$/.exec(output);
  if (refused) return `I am sorry, ${refused[1]!}. ${insteadOfWaiting(refused[2]!)}`;
  if (/accepted|connected/i.test(output)) return 'I am connecting you now. One moment, please.';
  const place = /^In line: ([^.]*)\./.exec(output)?.[1];
  return place === undefined
    ? NO_AGENT_FREE
    : `All my colleagues are on calls. You are ${place}. You are welcome to wait, or shall we call you back?`;
}

function insteadOfWaiting(offers: string): string {
  if (!offers.includes('callback')) return MESSAGE_QUESTION;
  return offers.includes('message')
    ? 'Would you like to leave a message, or shall we call you back?'
    : 'Shall we call you back?';
}

const NO_AGENT_FREE = 'I am sorry, nobody is free right now. You are welcome to wait, or shall we call you back?';
const UNKNOWN = "I don't know that.";
const OFFER_CALLBACK = 'Shall I have somebody call you back?';
/** The end of the first message of a callback to a person who waited in line. */
const CONNECT = /connect you now\?$/;
/** The desk has ended the wait. */
const OUT_OF_LINE = /\btook you out of the line\b/;
/** The tool said that the caller does not wait. */
const NO_WAITING = /does not wait|^Not in line\b/;
/** The caller does not want to wait for a person any more. */
const NO_WAIT =
  /\b(?:never mind|forget it|(?:don't|do not) want to wait|can't wait|stop waiting|without (?:him|her|them))\b/i;
/** Of an agent whose prompt says nothing. */
const NO_SCRIPT = { answers: [], facts: [] } as const;
const HELP_QUESTION = 'How can I help you?';
const MESSAGE_QUESTION = 'What is the message?';
const NOT_UNDERSTOOD = 'I am sorry, I did not understand that. Could you say it in other words?';
const MESSAGE = 'Message: ';

/** What the agent says and does next. */
export function nextReply(talk: Talk, knowledge: readonly KnowledgePassage[]): Reply {
  return instructed(new ReplyBuilder(talk, knowledge).next(), talk);
}

class ReplyBuilder {
  readonly #talk: Talk;
  readonly #knowledge: readonly KnowledgePassage[];
  readonly #desk: BookingDesk | null;

  constructor(talk: Talk, knowledge: readonly KnowledgePassage[]) {
    this.#talk = talk;
    this.#knowledge = knowledge;
    this.#desk = deskOf(talk);
  }

  next(): Reply {
    const { messages, caller, script, known } = this.#talk;
    const result = messages.at(-1);
    if (result?.role === 'tool-result') return this.#afterTool(result);
    const scripted = findRule(script, caller);
    if (scripted !== null) return this.#say(scripted);
    const remembered = known.answerTo(caller);
    if (remembered !== null) return this.#say(remembered);
    if (this.#waits() && NO_WAIT.test(caller))
      return { ...this.#say(''), tool: { name: TRANSFER, args: { cancel: 'yes' } } };
    return this.#change() ?? this.#goAhead() ?? this.#book() ?? this.#useAskedFor() ?? this.#answer(intentOf(caller));
  }

  /** The answer to what a tool that was held back is about to do. */
  #goAhead(): Reply | null {
    const held = heldRequest(this.#talk);
    const answer = held && answerToHeld(held, this.#talk.caller);
    if (answer === null) return null;
    if (answer === 'leave') return this.#say(`All right, I leave it. ${ANYTHING_ELSE}`);
    return { ...this.#say(''), tool: { name: held!.tool.name, args: answer } };
  }

  #change(): Reply | null {
    if (!this.#desk?.builtIn || pendingQuestion(this.#talk.messages, this.#desk) !== null) return null;
    const step = changeStep(this.#talk);
    return step && { ...this.#say(''), ...step };
  }

  #book(): Reply | null {
    if (!this.#desk) return null;
    const step = bookingStep(this.#talk.messages, this.#desk);
    if (step === null) return null;
    switch (step.type) {
      case 'ask':
        return { text: step.text, phase: 'CLOSING' };
      case 'book':
        return { text: '', phase: 'CLOSING', tool: { name: this.#desk.tool.name, args: step.args } };
      case 'no-name':
        return this.#talk.tools.has(CALLBACK)
          ? this.#callback('as soon as possible', NO_NAME_REASON)
          : this.#say(`${NO_NAME} ${ANYTHING_ELSE}`);
      case 'given-up':
        return LEAVES.has(intentOf(this.#talk.caller))
          ? null
          : { text: `All right, nothing is booked. ${ANYTHING_ELSE}`, phase: 'CLOSING' };
    }
  }

  #answer(intent: Intent): Reply {
    const talk = this.#talk;
    const time = timeIn(talk.caller);
    switch (intent) {
      case 'do-not-call':
        if (talk.tools.has(DO_NOT_CALL)) return { text: '', phase: 'CLOSING', tool: { name: DO_NOT_CALL, args: {} } };
        return this.#goodbye('I apologise. We will not call you again.', 'do_not_call');
      case 'human':
        return this.#human();
      case 'are-you-human':
        return this.#goOn('I am an automated agent, and a colleague can take over if you like.');
      case 'identity':
        return this.#goOn(this.#introduction());
      case 'abilities':
        return this.#goOn(this.#introduction());
      case 'today':
        return this.#goOn(`It is ${spokenInstant(talk.now.at, talk.now.timeZone)}.`);
      case 'repeat':
        return this.#say(talk.lastAgent === '' ? this.#introduction() : talk.lastAgent);
      case 'message':
        return this.#message(messageIn(talk.caller));
      case 'callback':
        return time === null ? { text: `No problem. ${CALLBACK_QUESTION}`, phase: 'CLOSING' } : this.#callback(time);
      case 'wait':
        return this.#say('Thank you for waiting.');
      case 'too-expensive':
        return objectionOf(talk) ?? this.#goodbye('I understand.', 'refused');
      case 'goodbye':
        return this.#goodbye('', this.#outcome());
      case 'refusal':
        return this.#refused();
      case 'question':
        return this.#question();
      case 'agreement':
      case 'statement':
      case 'thanks':
      case 'greeting':
      case 'hesitation':
        return this.#reaction(intent, time);
    }
  }

  /** Replies to a message that is neither a question nor a request, mostly an answer to the agent's question. */
  #reaction(intent: Intent, time: string | null): Reply {
    const { lastAgent, caller, script } = this.#talk;
    if (lastAgent.endsWith(MESSAGE_QUESTION)) return this.#message(caller);
    if (CONNECT.test(lastAgent) && intent === 'agreement') return this.#human();
    if (lastAgent.includes(CALLBACK_QUESTION) || lastAgent.endsWith('call you back?'))
      return time !== null || intent === 'agreement'
        ? this.#callback(time ?? 'soon')
        : { text: CALLBACK_QUESTION, phase: 'CLOSING' };
    const asked = this.#pending();
    if (asked !== null) return { text: asked, phase: 'CLOSING' };
    if (this.#waits()) return { text: 'Thank you for waiting.', phase: 'CLOSING' };
    if (this.#desk === null && offers(lastAgent) && (time !== null || intent === 'agreement'))
      return this.#bookByPhone(time);
    if (
      /anything else[^?]{0,80}\?$/i.test(lastAgent) &&
      (intent === 'thanks' || !script.sells) &&
      intent !== 'agreement' &&
      intent !== 'statement'
    )
      return this.#goodbye('', this.#outcome());
    if (intent === 'greeting') return this.#goOn(this.#greeting());
    if (script.sells) {
      const saleAsked = lastAgent.trim().endsWith('?');
      if (/anything else[^?]{0,80}\?$/i.test(lastAgent) && intent !== 'agreement') {
        const answer = this.#find();
        return answer === null ? this.#goodbye('', this.#outcome()) : this.#goOn(answer);
      }
      const answer = saleAsked ? null : this.#find();
      return this.#goOn(answer ?? acknowledgement(this.#talk));
    }
    if (intent === 'thanks') return this.#say(`You are welcome. ${ANYTHING_ELSE}`);
    if (intent === 'agreement' && lastAgent.endsWith(ANYTHING_ELSE)) return this.#say(HELP_QUESTION);
    const answer = this.#find();
    if (answer !== null) return this.#goOn(answer);
    if (intent === 'agreement') return this.#say(HELP_QUESTION);
    if (looksForSomething(caller) || lastAgent === NOT_UNDERSTOOD) return this.#unknown();
    return this.#say(lastAgent === '' ? HELP_QUESTION : NOT_UNDERSTOOD);
  }

  #question(): Reply {
    const answer = this.#find();
    return answer === null ? this.#unknown() : this.#goOn(answer);
  }

  #find(): string | null {
    const { caller, before, weekday } = this.#talk;
    const told = this.#told().answer(caller, '', weekday);
    if (told !== null) return `My colleague told you: ${told}`;
    return this.#answers().answer(caller, before, weekday);
  }

  /** What a colleague said on this call outranks prompt and documents. */
  #told(): Answers {
    const text = this.#talk.colleagueSaid.join('\n');
    return new Answers(text === '' ? [] : statementsOf(NO_SCRIPT, [{ source: 'colleague', text }]));
  }

  #answers(): Answers {
    return new Answers(statementsOf(this.#talk.script, this.#knowledge));
  }

  #unknown(): Reply {
    const { tools } = this.#talk;
    if (tools.has(CALLBACK)) return this.#say(`${UNKNOWN} ${OFFER_CALLBACK}`);
    return this.#goOn(tools.has(TRANSFER) ? `${UNKNOWN} I can connect you to a colleague.` : UNKNOWN);
  }

  #afterTool(result: Extract<ModelMessage, { role: 'tool-result' }>): Reply {
    const { name, output, status } = result;
    const held = heldBack(this.#talk);
    if (held) return this.#say(askToGoAhead(held, this.#talk.now.timeZone));
    const changed = afterChange(result);
    if (changed !== null) return this.#say(changed);
    if (name === this.#desk?.tool.name) return this.#afterBooking(output, status);
    switch (name) {
      case TRANSFER:
        return { text: transferWords(output), phase: 'CLOSING' };
      case CALLBACK:
        if (status !== 'ok') return this.#say(`I am sorry, I could not note that. ${CALLBACK_QUESTION}`);
        if (startsWithMessage(this.#lastCall(CALLBACK)?.['reason']))
          return this.#say(`I have noted your message. ${ANYTHING_ELSE}`);
        return this.#talk.script.sells
          ? this.#goodbye('I have noted that we call you back.', 'callback')
          : this.#say(`I have noted that we call you back. ${ANYTHING_ELSE}`);
      case DO_NOT_CALL:
        return this.#goodbye('I apologise. We will not call you again.', 'do_not_call');
      default:
        return this.#goOn(status === 'ok' ? this.#withCode(name, speakable(output)) : failed(status));
    }
  }

  #withCode(tool: string, answer: string): string {
    const code = spelledCode(this.#lastCall(tool), this.#talk.caller);
    return code === null || answer.includes(code) ? answer : `For ${code}: ${answer}`;
  }

  #afterBooking(output: string, status: ToolResultStatus): Reply {
    if (status === 'ok') {
      const told = this.#desk?.builtIn
        ? `Your appointment is booked${/^Booked( for [^.]{1,80})\./.exec(output)?.[1] ?? ''}.`
        : speakable(output);
      return this.#talk.script.sells ? this.#goodbye(told, 'booked') : this.#say(`${told} ${ANYTHING_ELSE}`);
    }
    if (status === 'unknown') return this.#goOn(failed(status));
    const free = /Free: ([^(]{1,80}) \(/.exec(output)?.[1];
    if (free !== undefined)
      return { text: `I am sorry, ${TAKEN}, but ${free} is free. Is that all right?`, phase: 'CLOSING' };
    if (!this.#desk?.builtIn) return this.#goOn(failed(status));
    return this.#talk.asked(ANOTHER_QUESTION)
      ? this.#say(`I am sorry, I cannot book that. ${OFFER_CALLBACK}`)
      : { text: ANOTHER_QUESTION, phase: 'CLOSING' };
  }

  #lastCall(name: string): ToolArgs | null {
    const call = this.#talk.messages.findLast((one) => one.role === 'tool-call' && one.name === name);
    return call?.role === 'tool-call' ? call.args : null;
  }

  #human(): Reply {
    if (this.#talk.tools.has(TRANSFER) && !this.#waits())
      return {
        text: 'One moment, please.',
        phase: 'CLOSING',
        tool: { name: TRANSFER, args: { reason: 'asked for a person' } },
      };
    return { text: NO_AGENT_FREE, phase: 'CLOSING' };
  }

  /** Notes a callback, with what it is about where that is known. */
  #callback(when: string, reason?: string): Reply {
    const { tools, messages } = this.#talk;
    if (!tools.has(CALLBACK)) return this.#goodbye('I am sorry, I cannot note a callback here.', 'completed');
    const declined = messages.findLastIndex((one) => one.role === 'agent' && one.text.includes(OFFER_CALLBACK));
    const about = messages.slice(0, Math.max(declined, 0)).findLast((one) => one.role === 'caller');
    const why = reason ?? (about?.role === 'caller' ? `asked: ${about.text.slice(0, 200)}` : undefined);
    const args = { when, ...(why === undefined ? {} : { reason: why }) };
    return { text: '', phase: 'CLOSING', tool: { name: CALLBACK, args } };
  }

  #message(text: string | null): Reply {
    if (text === null) return this.#say(MESSAGE_QUESTION);
    return this.#callback('as soon as possible', `${MESSAGE}${text.slice(0, 300)}`);
  }

  /** Offers a callback if an appointment is wanted but there is no booking tool. */
  #bookByPhone(time: string | null): Reply {
    if (time === null) return { text: CALLBACK_QUESTION, phase: 'CLOSING' };
    return this.#callback(time, 'wants an appointment');
  }

  /** What the caller's own words ask a tool for; or the answer to what the tool still lacked. */
  #useAskedFor(): Reply | null {
    const { others, caller, messages, lastAgent } = this.#talk;
    if (others.length === 0) return null;
    const asked = toolAskedFor(others, caller, () => this.#answers().names(caller));
    if (asked) return this.#use(asked);
    // The question before was for a tool: it goes on with the answer.
    const until = messages.slice(
      0,
      messages.findLastIndex((one) => one.role === 'agent'),
    );
    for (const tool of others) {
      const before = fillIn(tool, until, this.#talk.now);
      if ('ask' in before && lastAgent.endsWith(before.ask) && intentOf(caller) !== 'goodbye') return this.#use(tool);
    }
    return null;
  }

  #use(tool: ToolDefinition): Reply {
    const filled = fillIn(tool, this.#talk.messages, this.#talk.now);
    if ('ask' in filled) return this.#say(filled.ask);
    return { ...this.#say(''), tool: { name: tool.name, args: filled.args } };
  }

  /** A "no" answers the current question. A refused offer, or a second "no" to a sales agent, ends the conversation. */
  #refused(): Reply {
    const { messages, lastAgent, caller, script } = this.#talk;
    if (/anything else|any (?:other )?questions/i.test(lastAgent)) return this.#goodbye('', this.#outcome());
    if (!script.sells)
      return lastAgent.trim().endsWith('?')
        ? this.#say(`All right. ${ANYTHING_ELSE}`)
        : this.#reaction('statement', null);
    const refusals = messages.filter((one) => one.role === 'caller' && intentOf(one.text) === 'refusal').length;
    const clear = /\b(?:interest|interested|need|want|rather not|no thank|no thanks|leave me)\b/.test(plain(caller));
    if (clear || refusals > 1 || this.#talk.asked(CLOSING_QUESTION)) return this.#goodbye('I understand.', 'refused');
    return this.#goOn('I see.');
  }

  /** Says a text followed by the open question of a booking or of a sale. */
  #goOn(first: string): Reply {
    const pending = this.#pending();
    if (pending !== null) return { text: [first, pending].filter(Boolean).join(' '), phase: 'CLOSING' };
    if (!this.#talk.script.sells) return this.#say(first === '' ? HELP_QUESTION : first);
    return nextOfSale(this.#talk, first) ?? (first === '' ? this.#goodbye('', this.#outcome()) : this.#say(first));
  }

  #pending(): string | null {
    const { messages, now } = this.#talk;
    const held = messages.at(-1)?.role === 'caller' ? heldRequest(this.#talk) : null;
    if (held) return askToGoAhead(held, now.timeZone);
    return this.#desk && pendingQuestion(this.#talk.messages, this.#desk);
  }

  #say(text: string): Reply {
    const { messages } = this.#talk;
    const phase = this.#talk.asked(CLOSING_QUESTION)
      ? 'CLOSING'
      : messages.some((one) => one.role === 'caller')
        ? 'DISCOVERY'
        : 'GREETING';
    return { text, phase };
  }

  #outcome(): string {
    if (this.#desk && this.#talk.did(this.#desk.tool.name)) return 'booked';
    return this.#talk.did(CALLBACK) ? 'callback' : 'completed';
  }

  #goodbye(first: string, reason: string): Reply {
    return {
      text: [first, this.#talk.goodbye].filter(Boolean).join(' '),
      phase: 'CLOSING',
      tool: { name: END_CALL, args: { reason } },
    };
  }

  #introduction(): string {
    const { agentName, company, sells } = this.#talk.script;
    const who = agentName
      ? `This is ${agentName}${company ? ` from ${company}` : ''}.`
      : `This is an automated agent${company ? ` of ${company}` : ''}.`;
    return sells ? `${who} I have a few short questions.` : `${who} ${this.#abilities()}`;
  }

  #abilities(): string {
    const { tools } = this.#talk;
    const can = [
      'answer questions',
      ...(this.#desk ? ['book an appointment'] : []),
      ...(tools.has(CALLBACK) ? ['take a message'] : []),
      ...(tools.has(TRANSFER) ? ['connect you to a colleague'] : []),
    ];
    return `I can ${can.length < 2 ? can[0]! : `${can.slice(0, -1).join(', ')} and ${can.at(-1)!}`}.`;
  }

  /** Greets a known person by name, once. */
  #greeting(): string {
    const { known, script } = this.#talk;
    const hello = known.name === null || this.#talk.saidBefore(known.name) ? '' : `Hello ${known.name}.`;
    return script.sells ? hello : `${hello || 'Hello.'} ${HELP_QUESTION}`;
  }

  #waits(): boolean {
    const last = this.#talk.messages.findLast(
      (one) =>
        (one.role === 'tool-result' && (one.name === TRANSFER || one.name === CALLBACK)) ||
        (one.role === 'agent' && OUT_OF_LINE.test(one.text)),
    );
    return last?.role === 'tool-result' && last.name === TRANSFER && !NO_WAITING.test(last.output);
  }
}

const LEAVES = new Set<Intent>(['goodbye', 'human', 'do-not-call']);

const failed = (status: ToolResultStatus) =>
  status === 'unknown'
    ? 'I am sorry, I got no answer, so I do not know whether it was done.'
    : 'I am sorry, that did not work.';

/** Words of a request that is not phrased as a question. */
const looksForSomething = (text: string) =>
  /\d|\b(?:looking for|need|want|about|price|rate|fee|room|port)\b/i.test(text);

const startsWithMessage = (reason: unknown): boolean => typeof reason === 'string' && reason.startsWith(MESSAGE);
