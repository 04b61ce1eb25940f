/** What a model writes, and the clauses that a voice is handed. */
export interface SpokenCase {
  readonly what: string;
  readonly text: string;
  readonly clauses: readonly string[];
}

const one = (what: string, text: string): SpokenCase => ({ what, text, clauses: [text] });
const cut = (what: string, text: string, ...clauses: string[]): SpokenCase => ({ what, text, clauses });

/** Each is cut into stream pieces at every position by the tests. */
export const SPOKEN_CORPUS: readonly SpokenCase[] = [
  // Addresses
  one('an e-mail address', 'Write to help@example.com and ask for Ann.'),
  cut('an e-mail address at the end of a sentence', 'Mail a.b@x.co.uk. We answer.', 'Mail a.b@x.co.uk.', 'We answer.'),
  one('an e-mail address with an underscore', 'It is john_doe_1@mail.example.org today.'),
  one('a web address', 'Go to www.example.org/pay today.'),
  cut('a web address with a scheme', 'See https://example.com/help. Thanks.', 'See example.com/help.', 'Thanks.'),
  cut('a long web address', 'See https://example.com/a?id=81237&utm_source=x now.', 'See example.com/a now.'),
  one('a file name', 'Open the file setup.v2.exe and wait.'),
  // Abbreviations
  one('a time of day', 'We open at 9 a.m. on Mondays.'),
  cut('a time of day at the end', 'We close at 5 p.m. Please come early.', 'We close at 5 p.m.', 'Please come early.'),
  one('a time of day before a weekday', 'We open at 9 a.m. Monday to Friday.'),
  one('a time of day, Spanish', 'Abrimos a las 9 a. m. de lunes a viernes.'),
  cut('a title', 'I will ask Dr. Miller. Is that fine?', 'I will ask Dr. Miller.', 'Is that fine?'),
  one('titles in a row', 'Prof. Dr. Anna Weber and Mrs. Smith are here.'),
  one('for example', 'Bring a card, e.g. Visa, i.e. not cash.'),
  one('a saint', 'The clinic is in St. Louis near Mt. Vernon.'),
  one('a number', 'It is room No. 12 on Main St. 5 in town.'),
  cut('no as a whole answer', 'No. We are closed.', 'No.', 'We are closed.'),
  one('a company', 'You reach Smith & Sons Inc. or Miller Ltd. by phone.'),
  one('an unlisted abbreviation', 'The dept. head has a qty. of ten.'),
  one('a country', 'We ship to the U.S. Virgin Islands only.'),
  cut(
    'a country at the end',
    'We ship within the U.S. We do not ship abroad.',
    'We ship within the U.S.',
    'We do not ship abroad.',
  ),
  one('a doctorate', 'Ask Jane Roe, Ph.D. about it.'),
  one('initials', 'Ask for J. R. Smith.'),
  one('initials without spaces', 'Ask for J.R. Smith.'),
  cut('the pronoun at the end', 'So do I. Then we agree.', 'So do I.', 'Then we agree.'),
  // Numbers
  one('a version', 'You need version 2.5.1 of it.'),
  one('an amount', 'That is $1,299.50 in all.'),
  one('an amount, German', 'Das kostet 3.900,50 Euro im Jahr.'),
  cut('a price at the end', 'It costs $9.99. Is that fine?', 'It costs $9.99.', 'Is that fine?'),
  cut('a whole number at the end', 'It costs 9. Is that fine?', 'It costs 9.', 'Is that fine?'),
  one('a clock', 'Come at 10:30, or at 17.45 Uhr.'),
  one('an IP address', 'Ping 192.168.0.1 and tell me.'),
  one('an ordinal date, German', 'Der Termin ist am 3. Mai um 15 Uhr.'),
  one('two ordinal dates, German', 'Wir haben vom 24. Dezember bis 2. Januar zu.'),
  one('an ordinal, German', 'Wir sind im 2. Stock links.'),
  // Sentences in other languages
  cut(
    'German',
    'Guten Tag, z.B. Herr Dr. Maier, ca. 5 Min. vor 9 Uhr. Ja?',
    'Guten Tag, z.B. Herr Dr. Maier, ca. 5 Min. vor 9 Uhr.',
    'Ja?',
  ),
  cut('Spanish', '¿En qué puedo ayudarle? ¡Hola, Sr. García!', '¿En qué puedo ayudarle?', '¡Hola, Sr. García!'),
  cut('French', 'Bonjour M. Dupont. Ça va ?', 'Bonjour M. Dupont.', 'Ça va?'),
  cut('Chinese', '您好，请问有什么可以帮您？我们九点开门。', '您好，请问有什么可以帮您？', '我们九点开门。'),
  cut('Japanese', 'ご予約を承りました。ありがとうございます！', 'ご予約を承りました。', 'ありがとうございます！'),
  cut('Hindi', 'आपका अपॉइंटमेंट कल है। धन्यवाद।', 'आपका अपॉइंटमेंट कल है।', 'धन्यवाद।'),
  cut('Arabic', 'كيف يمكنني مساعدتك؟ نحن مفتوحون.', 'كيف يمكنني مساعدتك؟', 'نحن مفتوحون.'),
  cut('Urdu', 'آپ کی بکنگ ہو گئی۔ شکریہ۔', 'آپ کی بکنگ ہو گئی۔', 'شکریہ۔'),
  cut(
    'Russian',
    'Ваш заказ уже в пути. Ул. Ленина, д. 5. Это я. Да',
    'Ваш заказ уже в пути.',
    'Ул. Ленина, д. 5.',
    'Это я.',
    'Да',
  ),
  one('Greek', 'Καλημέρα σας'),
  cut('Korean', '안녕하세요. 무엇을 도와드릴까요?', '안녕하세요.', '무엇을 도와드릴까요?'),
  one('Thai', 'สวัสดีครับ มีอะไรให้ช่วยไหม'),
  cut('Armenian', 'Բարեւ ձեզ։ Ինչպե՞ս եք։', 'Բարեւ ձեզ։', 'Ինչպե՞ս եք։'),
  // Clauses
  cut(
    'a first clause',
    'Thank you very much for your patience with us, I have found your order and it is on its way.',
    'Thank you very much for your patience with us,',
    'I have found your order and it is on its way.',
  ),
  cut('signs in a row', 'Really?! Yes... of course. Well… Maybe.', 'Really?!', 'Yes... of course.', 'Well…', 'Maybe.'),
  cut(
    'a quotation',
    'He said "Stop." Then he left (at 5.) and slept.',
    'He said "Stop."',
    'Then he left (at 5.) and slept.',
  ),
  cut('a writer without capitals', 'yes. we are open.', 'yes.', 'we are open.'),
  // Thoughts
  cut('thoughts', '<think>The margin is 60%. Hide it.</think> It costs ten dollars.', 'It costs ten dollars.'),
  cut('thoughts, another name', '<Thinking>\nHm.\n</Thinking>\n\nYes. <reasoning>no</reasoning>Sure.', 'Yes.', 'Sure.'),
  cut('thoughts without an end', 'Hello. <think>I should not say', 'Hello.'),
  cut('thoughts within thoughts', '<think>a <think>b</think> c</think>Fine.', 'Fine.'),
  cut('an end of thoughts alone', '</think>Fine.', 'Fine.'),
  cut('thoughts of other makers', '[THINK]no[/THINK]◁think▷no◁/think▷<thought a="b">no</thought >Fine.', 'Fine.'),
  cut('less-than signs that are none', 'If x < 5 then I <b>think</b> so.', 'If x less than 5 then I think so.'),
  // Markdown
  cut(
    'emphasis',
    '**Sure!** It is *really* __very__ _nice_, ~~not~~ `good`.',
    'Sure!',
    'It is really very nice, not good.',
  ),
  cut(
    'a list',
    'Our plans:\n1. *Basic* - ten dollars\n2. **Pro** - twenty dollars\n- [x] Extra\n* More',
    'Our plans:',
    '1. Basic - ten dollars',
    '2. Pro - twenty dollars',
    'Extra',
    'More',
  ),
  cut(
    'headings',
    '# Hours\nWe open at nine\n\n### Note ###\nBring a card',
    'Hours',
    'We open at nine',
    'Note',
    'Bring a card',
  ),
  cut(
    'a link',
    'See [our page](https://example.com/p_(x)?a=b "T") and <https://example.org/x>.',
    'See our page and example.org/x.',
  ),
  cut('an image', 'Look: ![the map](https://example.com/m.png) is here.', 'Look: the map is here.'),
  cut('a picture that is a link', '[![logo](a.png)](https://example.com) is ours.', 'logo is ours.'),
  cut('references', 'It is free [1], as [they say][ref].\n\n[ref]: https://example.com', 'It is free, as they say.'),
  cut('code in a fence', 'Run this:\n```js\nlet a = b.c(1);\n```\nThen call us.', 'Run this:', 'Then call us.'),
  cut('text in a fence', '```\nHello there.\n```', 'Hello there.'),
  cut(
    'a table',
    '| Plan | Price |\n|---|:---:|\n| Basic | $10 |\n| Pro | $20 |',
    'Plan, Price',
    'Basic, $10',
    'Pro, $20',
  ),
  cut('rules and quotations', '> Hello.\n\n---\n\n***\nBye.', 'Hello.', 'Bye.'),
  cut('emoji', '😀 Great 👍🏽! See you 👨‍👩‍👧 soon 🇩🇪.', 'Great!', 'See you soon.'),
  cut('entities and tags', 'Fish &amp; chips<br>R&D&nbsp;too', 'Fish & chips', 'R&D too'),
  cut('a soft line end', 'We are open\nfrom nine to five.', 'We are open from nine to five.'),
  one('names with an underscore', 'Set the field first_name to Ann.'),
  cut('a product', 'It is 3 * 4 and 2*5.', 'It is 3 times 4 and 2 times 5.'),
  cut('an escaped sign', 'It is \\*not\\* bold.', 'It is not bold.'),
  cut('nothing to say', '😀 --- ```'),
];
