import { ask, fact, type AgentSet } from '../agent-set.ts';

const PORTS = ['8443', '8434', '4843', '9090', '9009', '5060', '5006', '6050'];
const SIZES = ['2 GB', '12 GB', '21 GB', '120 GB', '210 GB', '102 GB'];
const port = (asked: string, value: string | null) => fact(asked, value, PORTS);
const size = (asked: string, value: string | null) => fact(asked, value, SIZES);

export const SUPPORT: AgentSet = {
  name: 'Noor of Pagewise',
  prompt: `You are Noor, a support agent for Pagewise, a program for writing and sharing documents.
Help customers with their questions. If you cannot help, offer to have a colleague call back.
Never ask for a password.

Knowledge:
Support is available Monday to Friday from 9 am to 6 pm Eastern time.
A password can be reset under Settings, Account, Reset password. The link in the mail is valid for one hour.
Documents that were deleted stay in the trash for 30 days and can be restored from there.
The free plan has two users. The Team plan costs $8 per user a month. The Business plan costs $15 per user a month.
Students get the Team plan at half price if they sign up with a university address.
A subscription can be cancelled at any time under Settings, Billing. It then runs until the end of the paid month, and there is no refund for the rest.
Pagewise runs on Windows 10 and later, on macOS 12 and later and in the browser. There is no app for Linux.
Files of up to 50 MB can be attached to a document, on the Business plan up to 500 MB.
Two-factor sign-in is switched on under Settings, Security.
When the caller asks whether data is encrypted, say "All data is encrypted on the way and at rest."
If somebody asks where the data is stored, tell them that all data is stored in Frankfurt.`,
  documents: [
    {
      name: 'help.md',
      type: 'md',
      text: '# Synchronisation\n\nIf a document does not sync, sign out and sign in again. If it still does not sync, clear the cache under Help, Clear cache. Clearing the cache does not delete documents.\n\n# Printing\n\nTo print without comments, choose Print, Options and untick Comments.\n\n# Sharing\n\nA link can be limited to viewing under Share, Anyone with the link, Viewer. Guests cannot edit unless they sign in.\n\n# Export\n\nDocuments can be exported as PDF, Word and Markdown. Export to Excel is not possible.\n\n# Offline work\n\nUp to 20 documents can be kept for offline work. They are updated when the computer is online again.\n',
    },
    {
      name: 'errors.csv',
      type: 'csv',
      text: 'error,meaning,remedy\nE-403,no permission,ask the owner of the document for access\nE-430,the licence has run out,renew the licence under Billing\nE-304,the cache is out of date,clear the cache\nE-503,the server is being serviced,try again in ten minutes\nE-530,the disk is full,free some space\nE-350,the file is damaged,restore the last version\n',
    },
    {
      name: 'versions.csv',
      type: 'csv',
      text: 'version,port,space\nPW-11,8443,2 GB\nPW-12,8434,12 GB\nPW-21,4843,21 GB\nPW-112,9090,120 GB\nPW-121,9009,210 GB\nPW-211,5060,102 GB\n',
    },
  ],
  tools: [
    {
      name: 'ticket_status',
      description: 'Looks up the status of a support ticket by its number',
      requiredParams: ['ticket_number'],
      optionalParams: [],
      answer: (parameters) => {
        const number = String(parameters['ticket_number']).replaceAll(/\D/g, '');
        return number === '4471'
          ? '{"message":"Ticket 4471 is with our engineers and will be answered by Friday"}'
          : '{"message":"There is no such ticket"}';
      },
    },
  ],
  tuned: {
    everyday: [
      ask('How do I reset my password?', /Settings, Account/i),
      ask('i forgot my pass word what now', /Settings, Account|Reset password/i),
      ask('I deleted a document by accident. Is it gone for good?', /30 days/),
      ask('how much is the team plan', /\$8/, /\$15/),
      ask('And what does Business cost per person?', /\$15/, /\$8 /),
      ask('How many people can use the free plan?', /two users/i),
      ask("I'm at university, is there a discount for students?", /half price/i),
      ask('how can i cancel my subscription', /Settings, Billing/i),
      ask('Do I get money back when I cancel in the middle of the month?', /no refund/i),
      ask('does it run on linux', /no app for Linux/i),
      ask('Which Windows do I need?', /Windows 10/),
      ask('how big can an attachment be', /50 MB/),
      ask('Where can I turn on two-factor?', /Settings, Security/i),
      ask('My document just does not sync, what can I do?', /sign out/i),
      ask('will clearing the cache delete my documents', /does not delete/i),
      ask('can i export to excel', /not possible/i),
      ask('Where is my data stored?', /Frankfurt/),
      ask('I get error E-430, what is that?', /licence has run out/i, /no permission|out of date/i),
      ask('Does Pagewise have a dark mode?', null),
      ask('whats the status of my ticket number 4471', /engineers/i),
    ],
    bookings: [
      {
        about: 'a call with a technician',
        says: ['I would like to book a call with a technician on Thursday at 2 pm.', 'Yes, that is correct.'],
        answers: [[/name/i, 'Iris Bauer']],
        booked: { at: '2026-01-15T14:00', name: /Iris Bauer/i },
      },
      {
        about: 'a time that is over',
        says: ['book an appointment for today at 8 am', 'tomorrow at 8 am then', 'yes'],
        answers: [[/name/i, 'Jonas Weber']],
        booked: { at: '2026-01-15T08:00', name: /Jonas Weber/i },
      },
      {
        about: 'does not know yet when',
        says: [
          'I want to schedule a session with an expert.',
          'I do not know yet.',
          'Maybe next week.',
          'Monday at 10 am',
          'Right.',
        ],
        answers: [[/name/i, 'Dana Fox']],
        booked: { at: '2026-01-19T10:00', name: /Dana Fox/i },
      },
      {
        about: 'asks about booking but wants an answer',
        says: ['How long does an appointment usually take?', 'No, that is all.'],
        answers: [],
        booked: null,
      },
      {
        about: 'corrects the name',
        says: ['Please book me a session on Friday at 4 pm, this is Tina Graf.', 'No, the name is Tina Graff.', 'Yes.'],
        answers: [[/name/i, 'Tina Graff']],
        booked: { at: '2026-01-16T16:00', name: /^Tina Graff$/i },
      },
    ],
    facts: [
      port('Which port does PW-11 use?', '8443'),
      port('what port is PW-12 on', '8434'),
      port('For PW-21, which port do I open?', '4843'),
      port('port of PW-112?', '9090'),
      port('I need the port for PW-121', '9009'),
      port('which port for PW-211 please', '5060'),
      size('How much space does PW-11 need?', '2 GB'),
      size('how much space do i need for PW-12', '12 GB'),
      size('What space does PW-21 take?', '21 GB'),
      size('space for PW-112?', '120 GB'),
      size('how much disk space does PW-121 take up', '210 GB'),
      size('and PW-211, how much space?', '102 GB'),
      port('Which port does PW-122 use?', null),
      size('How much space does PW-111 need?', null),
      port('What port is PW-221 on?', null),
      fact('What does E-403 mean?', 'no permission', ['licence', 'cache', 'serviced', 'disk', 'damaged']),
      fact('and error e 304', 'the cache is out of date', ['permission', 'licence', 'serviced', 'disk', 'damaged']),
      fact('it says E-503', 'the server is being serviced', ['permission', 'licence', 'disk', 'damaged']),
      fact('What should I do about E-530?', 'free some space', ['renew', 'try again', 'restore the last']),
      fact('What does E-353 mean?', null, ['permission', 'licence', 'serviced', 'disk is full', 'damaged']),
    ],
  },
  heldOut: {
    everyday: [
      ask('When can I reach support?', /9 am to 6 pm/i),
      ask('is everything encrypted', /encrypted/i),
      ask('How do I print without the comments?', /untick Comments/i),
      ask('can guests edit my document', /cannot edit/i),
      ask('how many documents can i take offline', /20 documents/i),
      ask('Does it work on a Mac?', /macOS 12/),
      ask('How long is the reset link valid?', /one hour/i),
      ask('what file formats can i export', /PDF/),
      ask('E-350 came up, how do I fix it?', /restore the last version/i),
      ask('Can it read my handwriting?', null),
    ],
    bookings: [
      {
        about: 'in the afternoon',
        says: ['can i get an appointment with a technician tomorrow afternoon', 'at three', 'yes'],
        answers: [[/name/i, 'Paul Meyer']],
        booked: { at: '2026-01-15T15:00', name: /Paul Meyer/i },
      },
      {
        about: 'refuses',
        says: ['I would like an appointment.', 'Tuesday at 9 am', 'No, I do not want it any more.', 'bye'],
        answers: [[/name/i, 'Rita Horn']],
        booked: null,
      },
      {
        about: 'a quarter to',
        says: ['schedule a session on tuesday at quarter to four', 'yes'],
        answers: [[/name/i, 'Max Otto']],
        booked: { at: '2026-01-20T15:45', name: /Max Otto/i },
      },
    ],
    facts: [
      port('Which port is it for PW-12?', '8434'),
      port('PW-121 port please', '9009'),
      size('How much space for PW-21?', '21 GB'),
      size('PW-211 takes how much space?', '102 GB'),
      port('what port does p w eleven use', '8443'),
      port('Which port does PW-12a use?', null),
      fact('What is E-530?', 'the disk is full', ['permission', 'licence', 'serviced', 'damaged']),
      fact('error E-403, what should I do?', 'ask the owner', ['renew', 'free some space', 'try again']),
      size('How much space does PW-22 need?', null),
      port('Tell me the port of PW-112', '9090'),
    ],
  },
};
