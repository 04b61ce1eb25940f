import type { Weighted } from './bigram.ts';
import { spokenWords } from './text.ts';

// What people say on a call with a company, as templates: `{slot}` stands for any phrase of that list. Both sides are
// covered, because simulated people listen with the same recogniser.

const SLOTS: Readonly<Record<string, readonly string[]>> = {
  want: ["i'd like to", 'i would like to', 'i want to', 'i need to', 'can i', 'could i', 'may i', 'i am calling to', 'i wanted to', 'can we'],
  act: ['book an appointment', 'make an appointment', 'schedule a call', 'schedule a demo', 'change my appointment', 'cancel my order', 'cancel my appointment', 'change my address', 'pay my bill', 'pay my invoice', 'check my balance', 'get a refund', 'speak to a human', 'talk to a person', 'speak with a manager', 'talk to someone', 'ask a question', 'know more', 'hear more', 'know the price', 'order a pizza', 'reserve a table', 'track my order', 'upgrade my plan', 'think about it', 'buy it', 'try it', 'sign up', 'leave a message'],
  when: ['today', 'tomorrow', 'tonight', 'this week', 'next week', 'on {day}', 'next {day}', 'in the {part}', 'on {day} {part}', 'tomorrow {part}', 'at {hour}', "at {hour} o'clock", 'at {hour} thirty', 'on {day} at {hour}', 'tomorrow at {hour}', 'next month', 'later', 'later today', 'another time'],
  day: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'],
  part: ['morning', 'afternoon', 'evening'],
  hour: ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'noon'],
  digit: ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'oh'],
  count: ['two', 'three', 'four', 'five', 'six', 'eight', 'ten', 'twelve', 'fifteen', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'a hundred', 'two hundred', 'five hundred'],
  name: ['john', 'mary', 'peter', 'anna', 'james', 'sarah', 'david', 'laura', 'michael', 'emma', 'robert', 'linda', 'thomas', 'susan', 'daniel', 'alice', 'mark', 'julia', 'paul', 'karen', 'steven', 'helen', 'george', 'smith', 'johnson', 'brown', 'miller', 'taylor', 'clark', 'walker', 'baker', 'cooper', 'parker'],
  thing: ['my order', 'my appointment', 'my account', 'my bill', 'my invoice', 'my delivery', 'my phone', 'my subscription', 'the price', 'the product', 'the service', 'the offer', 'the plan', 'the contract', 'it', 'that', 'this'],
  yes: ['yes', 'yes please', 'yeah', 'sure', 'okay', 'of course', 'yes of course', 'that works', 'that is fine', "that's right", 'that sounds good', 'sounds good', 'sounds great', 'great', 'alright', 'yes i do', 'yes we do', 'yes i am', 'yes we are', 'certainly', 'absolutely', 'definitely', 'go ahead', 'perfect'],
  no: ['no', 'no thanks', 'no thank you', 'not really', 'not now', 'not today', "no i don't", "no we don't", "no i'm not", 'i would rather not', 'i am not interested', "i'm not interested", "we're not interested", 'not interested thank you', "i don't think so", "i don't need it", "we don't need that"],
  size: ['{count} people', '{count} employees', 'about {count}', 'around {count} people', 'we are {count} people', 'a team of {count}', 'just me', 'only me'],
};

const CALLER = [
  'hello', 'hello {name} speaking', 'hello {name} {name} speaking', 'yes hello', 'hi', 'hi there', 'good morning', 'good afternoon', 'yes hello', 'hello who is this', 'who is this', 'who is calling', 'who is calling please', 'what is this about', "what's this about",
  '{yes}', '{yes}', '{yes}', '{no}', '{no}', '{no}', 'maybe', 'perhaps', 'i am not sure', "i'm not sure", "i don't know",
  '{want} {act}', '{want} {act} {when}', '{want} {act} please', '{yes} {when}', '{when}', '{when} works for me', '{when} would be fine', '{when} would be good', 'how about {when}', 'what about {when}', 'call me back {when}', 'please call me back {when}', 'can you call me {when}', 'can you call me back {when}', 'i am busy right now', "i'm busy right now", "i don't have time now", "it's not a good time", 'this is not a good time', "i'm driving",
  'my name is {name}', 'my name is {name} {name}', 'this is {name}', 'this is {name} {name}', 'i am {name}', 'it is {name}', 'speaking', 'yes speaking', 'yes this is {name}', 'yes this is {name} speaking',
  'i have a question about {thing}', 'i have a problem with {thing}', 'tell me more', 'please tell me more', 'tell me more about {thing}', 'tell me more about it', 'what does it cost', 'how much does it cost', 'how much is it', 'what is the price', 'is it expensive', 'that is too expensive', "that's too expensive", 'how does it work', 'what do you offer', 'what do you sell', 'what can you do', 'what is it', 'how long does it take', 'is there a contract', 'where are you located', 'what are your hours', 'when are you open', 'are you a robot', 'are you a real person', 'am i talking to a machine',
  '{size}', 'we have {size}', 'there are {count} of us', 'we use a spreadsheet', 'we use another tool', 'we already have something', 'we do it by hand', 'it takes too much time', 'it takes a lot of time', 'we want to save time', 'we want to save money', 'the price is important', 'quality is most important', 'we are looking for something simple', "we're looking for something new", 'i am interested', "i'm interested", 'that is interesting', "that's interesting", 'i like that', 'send me an email', 'please send me an email', 'send me some information', 'i need to ask my boss', 'let me think about it', 'i have to think about it',
  'my number is {digit} {digit} {digit} {digit}', 'it is {digit} {digit} {digit} {digit} {digit} {digit}', '{digit} {digit} {digit}', '{digit} {digit} {digit} {digit}', '{digit} {digit} {digit} {digit} {digit} {digit} {digit}', 'my order number is {digit} {digit} {digit} {digit}',
  'i want to speak to a human', 'can i speak to a human', 'can i talk to a real person', 'let me talk to a person', 'please connect me to an agent', 'transfer me to a human', 'i want to talk to a real person please', 'give me a human please', 'can i speak to a human please', 'i will wait', "i'll wait", 'i would like to wait', 'that is fine i will wait',
  'stop', 'wait', 'wait a moment', 'wait a second', 'hold on', 'one moment', 'one second', 'sorry', 'sorry what did you say', 'excuse me', 'pardon', 'can you repeat that', 'could you repeat that', 'say that again', 'stop calling me', 'do not call me again', 'never call me again', 'please take me off your list', 'remove my number', 'wait stop i have a question', 'wait what does it cost',
  'thank you', 'thanks', 'thank you goodbye', 'thanks bye', 'bye', 'goodbye', 'bye bye', 'okay goodbye', 'okay thank you goodbye', 'that is all', 'that is all thank you', "that's all thank you goodbye", 'have a nice day', 'have a good day', 'no that is all thank you',
  'mhm', 'mhm', 'mm', 'uh', 'uhhuh', 'um', 'okay', 'right', 'i see', 'aha', 'hmm',
  'please leave a message after the tone', 'please leave your message after the beep', 'you have reached the voicemail of {name}', 'you have reached {name}', 'i am not available right now', 'i cannot come to the phone right now', 'we are not available', 'nobody is available to take your call', 'please leave your name and number', 'and i will call you back', 'i will get back to you', 'your call has been forwarded to voicemail', 'at the tone please record your message', 'hi you have reached the voicemail of {name} {name} i am not available right now please leave a message after the tone',
];

const AGENT = [
  'hello', 'hello this is {name}', 'hi this is {name} from', 'hello may i speak to {name}', 'am i speaking with {name}', 'how can i help you today', 'how can i help you', 'can i help you with anything', 'how are you today', 'do you have a minute', 'do you have a moment', 'do you have a minute to talk', 'is this a good time to talk', 'is now a good time', 'may i ask you a few questions', 'may i ask you something', 'can i ask you a question', 'may i ask your name', 'what is your name', 'who am i speaking with', 'could you tell me your name', 'how many people work at your company', 'how many people are in your team', 'how large is your team', 'how big is your company', 'what do you use today', 'what are you using today', 'how do you do that today', 'what is most important to you', 'what matters most to you', 'what are you looking for', 'what problem do you want to solve', 'what is your biggest challenge', 'what is your budget', 'do you have a budget', 'when would you like to start', 'when are you free', 'when is a good time', 'what time works for you', 'which day works for you', 'when would suit you', 'would you like to book an appointment', 'would you like to schedule a demo', 'would you like a short demo', 'would you like to hear more', 'would you like to know more', 'are you interested', 'would you be interested', 'does that sound good', 'does that sound interesting', 'does that work for you', 'is that correct', 'is that right', 'can you confirm', 'is there anything else', 'is there anything else i can help you with', 'do you have any questions', 'what is your phone number', 'what is your email address', 'are you still there', 'sorry i did not catch that', 'could you say it again', 'i am sorry', 'nobody is free right now', 'nobody is free yet', 'i am sorry nobody is free right now', 'may i call you back', 'shall we call you back', 'would you like us to call you back', 'when may i call you back', 'when should we call you back', 'thank you', 'thank you for your time', 'thank you very much', 'thank you for calling', 'thank you for waiting', 'goodbye', 'have a nice day', 'have a great day', 'great', 'good', 'i understand', 'i see', 'of course', 'that is good to know', 'thank you for telling me', 'one moment please', 'a colleague will contact you', 'i will note that', 'i have noted that', 'we help companies', 'we help you save time', 'you can try it for free', 'i cannot hear you so i will end the call now goodbye',
];

const PER_TEMPLATE = 7;

/** Sentences of the domain, the same at every start. */
export function domainSentences(): Weighted[] {
  let seed = 7;
  const below = (n: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % n;
  };
  const fill = (template: string): string => template.replace(/\{(\w+)\}/g, (_, slot: string) => fill(SLOTS[slot]![below(SLOTS[slot]!.length)]!));
  const plain: Weighted[] = [];
  for (const template of [...CALLER, ...AGENT]) {
    const open = template.includes('{');
    for (let i = 0; i < (open ? PER_TEMPLATE : 1); i++) plain.push({ words: spokenWords(fill(template)), weight: open ? 1 : 3 });
  }
  // Every phrase of every list is worth hearing at least once.
  for (const phrases of Object.values(SLOTS)) for (const phrase of phrases) plain.push({ words: spokenWords(fill(phrase)), weight: 1 });
  return plain;
}
