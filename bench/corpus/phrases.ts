// What the people of the corpus say. A slash marks where somebody hesitates; words in front of it are not yet all.

export const STOPS = ['stop', 'wait', 'wait a moment', 'hold on', 'hang on a second', 'excuse me', 'no stop', 'sorry stop please', 'please stop', 'one moment please', 'wait wait', 'no no no', 'let me stop you there', 'could you stop for a second'] as const;

export const INTERRUPTING = [
  'what does it cost', 'can I ask you something', 'who is this', 'where did you get my number', 'how long does that take', 'do you work on sundays', 'I have a question', 'actually I need a different day',
  'that is not what I asked for', 'my order never arrived', 'can I speak to a person', 'is there a discount', 'I already have an appointment', 'I am not interested', 'what was the first option again', 'I would rather have friday',
  'you have the wrong number', 'can you repeat that', 'how much is the second one', 'why are you calling me', 'tell me more about the price', 'I need to cancel my booking',
] as const;

export const BACKCHANNELS = ['yeah', 'okay', 'uh huh', 'right', 'yes', 'sure', 'I see', 'got it', 'oh okay', 'yeah yeah', 'okay great', 'aha', 'alright', 'yep', 'oh', 'really', 'true', 'good'] as const;

/** What the agent says while somebody does or does not interrupt; long enough for anything to happen in it. */
export const AGENT_TALKS = [
  'Thank you for calling our office. We have three plans that you could choose from, and each of them comes with free delivery and a full year of support. The first one is made for small teams, and the second one adds reporting.',
  'I am glad to help you with that today. Your appointment can be moved to any day of next week, in the morning or in the afternoon, and there is no fee for the change. We only ask that you tell us one day before.',
  'Our technicians visit every district twice a week, on mondays and on thursdays. They bring all the parts that are usually needed, so in most cases one visit is enough. You get a message half an hour before they arrive.',
] as const;

export const AGENT_ASKS = {
  open: ['How can I help you today?', 'What can I do for you?', 'What would you like to know?'],
  yesNo: ['Is this a good time to talk?', 'Would you like to book an appointment?', 'Shall I send you the details?'],
  day: ['Which day would suit you best?', 'When should we come by?'],
  number: ['What is your phone number?', 'Could you tell me your order number, please?', 'What is the best number to reach you at?'],
  spelling: ['Could you spell your last name for me, please?', 'How do you spell that?'],
} as const;

/** Whole thoughts, said in one breath. */
export const SENTENCES = [
  'I would like to book an appointment for tomorrow morning', 'my washing machine does not work any more', 'I want to know how much the second plan costs', 'can you tell me when the technician will come', 'the package arrived but it was damaged',
  'I need to change my delivery address', 'do you have anything free on thursday', 'I was charged twice for the same order', 'we are looking for a system for about twenty people', 'could you send me the invoice again',
  'the internet has been down since this morning', 'I want to cancel my subscription', 'next tuesday in the afternoon would be best', 'I am calling about the letter you sent me', 'how do I reset my password', 'it stopped working yesterday evening',
  'I would like to speak with someone from sales', 'please call me back after five', 'we already have a contract with another company', 'the second one sounds good to me',
] as const;

/** Whole thoughts with a pause for thinking in them. */
export const HESITATIONS = [
  'I would like to / book an appointment', 'I am calling because / my order has not arrived', 'could you tell me / how much that costs', 'I need a table for / four people on friday', 'my problem is that / the screen stays black',
  'well I was thinking / maybe next week would work', 'the thing is / we already have a supplier', 'so um / I wanted to ask about the price', 'I would prefer / the morning', 'can we do it on / thursday at ten',
  'I think the / second one was better', 'it is about my / last invoice', 'we have around / fifty employees', 'let me see / I could do wednesday', 'I have to talk to my / wife about that first', 'when I press the button / nothing happens',
  'I bought it in / march I think', 'if it is possible / I would like a refund', 'yes but / what does it cost after the first year', 'the address is / twelve main street', 'I wanted to know whether / you also repair phones', 'uh / I am not sure about that',
  'my name is / robert miller', 'we could meet at / half past three', 'is there a way to / pay by invoice', 'I am looking for / a present for my sister', 'it was supposed to / come on monday', 'and then the machine / just switched itself off',
  'do you think you could / send someone this week', 'the reason I am calling is / that I moved house', 'it would be great if / we could meet earlier', 'I am trying to / log in to my account', 'I guess we need / about ten licenses',
  'my husband and / I would both come', 'I ordered it / two weeks ago', 'please send it to / my office', 'what I meant was / the other model', 'as soon as I open the door / the alarm goes off', 'I need someone who / can repair a heater',
  'it makes a noise like / a coffee machine', 'they told me that / it would be free', 'we are open from / eight to six', 'hmm let me think / maybe on monday', 'I have been waiting for / more than an hour', 'it costs more than / I expected', 'there is something wrong with / my bill',
  'I am not sure if / that is the right form', 'could it be / that the cable is broken',
] as const;

export const ONE_WORDS = ['yes', 'no', 'yeah', 'nope', 'sure', 'okay', 'hello', 'tomorrow', 'friday', 'morning', 'correct', 'right', 'exactly', 'maybe', 'never', 'please', 'thanks', 'sales', 'billing', 'support'] as const;

const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'] as const;
export const digitWord = (digit: number): string => DIGITS[digit]!;

export const SPELLED = ['miller', 'johnson', 'garcia', 'smith', 'kowalski', 'nguyen', 'brown', 'fischer', 'taylor', 'okafor'] as const;

/** How people answer the telephone; a bar is a pause in which they wait. */
export const HELLOS = [
  'hello', 'hello?', 'hi', 'yes hello', 'yeah', 'hello who is this', 'hi this is sarah', 'robert miller', 'good morning', 'yes please', 'hello | hello?', 'hello this is john speaking', 'hey what is up', 'speaking', 'hello hello',
  'good afternoon miller plumbing how can I help you', 'thank you for calling acme dental this is julie how may I help you', 'law office of brown and partners good morning', 'sunrise bakery hello', 'hello you are speaking with anna from the front desk what can I do for you today',
  'hi sorry I was just in a meeting who is calling please', 'reception', 'it is late who is calling', 'hello | who is there',
] as const;

export const VOICEMAILS = [
  'hi you have reached robert miller I cannot come to the phone right now please leave your name and number after the tone',
  'hello this is sarah I am not available at the moment please leave a message after the beep',
  'your call has been forwarded to an automatic voice message system | the person you are calling is not available | at the tone please record your message | when you have finished recording you may hang up',
  'you have reached the voicemail box of | five five five one two three four | please leave a message after the tone',
  'thank you for calling acme dental our office is currently closed our hours are monday to friday from nine to five please leave a message and we will call you back',
  'hey it is john leave a message', 'hi this is anna I missed your call leave me a message and I will get back to you as soon as I can thanks bye',
  'the customer you are trying to reach is unavailable please leave your message after the tone',
  'hello you have reached the miller family we are not at home right now so please leave us a message and have a great day',
  'hi I am away from my desk right now | please leave your name number and a short message | and I will return your call',
  'the mailbox of | sarah johnson | is available to record a message | please speak after the tone',
  'sorry I can not take your call right now just leave your name and number', 'welcome to the message center | to leave a message please wait for the tone',
  'hi it is kate you know what to do',
] as const;

export const SCREENINGS = [
  'hi the person you are calling is using a screening service and will get a copy of this conversation go ahead and say your name and why you are calling',
  'before we try to connect you please say your name after the tone', 'you have reached a google voice subscriber please state your name after the beep and the call will be put through', 'the number you are calling is protected by a call screener please say your name and the reason for your call',
  'hello before I connect you please state your name and the reason for calling', 'this call is being screened please say who is calling',
  'hi if you record your name and reason for calling I will see if this person is available',
] as const;

export const MENUS = [
  'thank you for calling acme insurance for sales press one for support press two for billing press three',
  'welcome to city hospital | if this is an emergency hang up and dial nine one one | for appointments press one | for all other questions press two',
  'you have reached northern bank please listen carefully as our menu options have changed | for account information press one | to speak to an operator press zero',
  'hello and welcome para español oprima dos | for english press one', 'your call is important to us please stay on the line or press one to leave a message',
  'for english press one | for spanish press two', 'please enter your account number followed by the pound key', 'hello you are through to the service line | to place an order say order | to hear your balance say balance',
  'thank you for calling the store hours are nine to six press one for directions press two for the sales department',
] as const;

export const TELEVISION = [
  'and in other news the council has approved the plan for a new bridge across the river', 'the weather tomorrow will be cloudy in the north with some rain in the evening', 'the home team scored twice in the second half and won the match',
  'our next guest has written a book about the history of the railway', 'prices have risen again this month and experts do not expect a change', 'stay tuned for the late show right after this short break',
] as const;
