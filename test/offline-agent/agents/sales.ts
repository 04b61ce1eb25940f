import { ask, fact, type AgentSet } from '../agent-set.ts';

const PRICES = ['$1,290', '$1,920', '$2,190', '$940', '$490', '$904', '$3,150', '$3,510', '$5,130', '$780'];
const RANGES = ['18 kg', '81 kg', '28 kg', '82 kg', '45 kg', '54 kg', '96 kg', '69 kg', '35 kg', '53 kg'];
const price = (asked: string, value: string | null) => fact(asked, value, PRICES);
const load = (asked: string, value: string | null) => fact(asked, value, RANGES);

export const SALES: AgentSet = {
  name: 'Rob of Ridewell',
  prompt: `You are Rob, a sales representative of Ridewell. Ridewell sells and leases cargo bikes to small companies.

Questions:
- Do you deliver anything in town today?
- How many deliveries do you make in a week?

Pitch:
A cargo bike from Ridewell saves a van's fuel and its parking tickets.

Objections:
Leasing starts at $49 a month, and service is included.

Facts:
Our showroom is at 210 Canal Street. It is open Monday to Friday from 10 am to 6 pm, and on Saturdays from 10 am to 2 pm.
A test ride is free and takes about half an hour. You need a valid ID for a test ride.
The warranty is two years on the frame and one year on the battery.
Leasing runs for 36 months. At the end you can keep the bike for 10 percent of its price.
Leasing is only for companies, not for private persons.
Delivery takes three weeks. Bikes in stock are delivered within five days.
The battery lasts for about 60 km. Charging takes four hours.
Repairs are done on site within two working days.
Children's seats are not available for our bikes.`,
  documents: [
    {
      name: 'bikes.csv',
      type: 'csv',
      text: 'model,price,load\nM-120,"$1,290",18 kg\nM-210,"$1,920",81 kg\nM-102,"$2,190",28 kg\nM-201,$940,82 kg\nM-12,$490,45 kg\nM-21,$904,54 kg\nM-1200,"$3,150",96 kg\nM-2100,"$3,510",69 kg\nM-1002,"$5,130",35 kg\nM-2001,$780,53 kg\n',
    },
    {
      name: 'accessories.md',
      type: 'md',
      text: '# Accessories\n\n| part | price |\n|---|---|\n| Rain cover | $89 |\n| Lock | $65 |\n| Second battery | $420 |\n| Trailer | $310 |\n\nThe trailer does not fit model M-12.\n',
    },
  ],
  tools: [],
  tuned: {
    everyday: [
      ask('Who is calling please?', [/Rob/, /Ridewell/]),
      ask('what is this about', /Ridewell|cargo bike/i),
      ask('Are you a robot?', /automated/i),
      ask('Where can I have a look at the bikes?', /210 Canal Street/),
      ask('are you open on saturday', /10 am to 2 pm/i),
      ask('What does leasing cost?', /\$49/),
      ask('how long does the leasing run', /36 months/),
      ask('What happens at the end of the leasing?', /10 percent/),
      ask("I'm not a company, can I lease one privately?", /only for companies/i),
      ask('how far does the battery last', /60 km/),
      ask('How long does it take to charge?', /four hours/i),
      ask('what warranty do you give on the frame', /two years/i),
      ask('How soon could I have one delivered?', /three weeks|five days/i),
      ask('can i try one out first what would that cost', /free/i),
      ask('who repairs it if it breaks down', /on site/i),
      ask('Can I get a seat for my child?', /not available/i),
      ask('how much is a lock', /\$65/, /\$89|\$420|\$310/),
      ask('does the trailer fit the M-12', /does not fit/i),
      ask('Do you sell electric scooters?', null),
      ask('Whats the date today?', /January 14/),
    ],
    bookings: [
      {
        about: 'a test ride',
        says: ['Hello', 'I would like to book a test ride on Friday at 11 am.', 'Yes.'],
        answers: [[/name/i, 'Frank Moss']],
        booked: { at: '2026-01-16T11:00', name: /Frank Moss/i },
      },
      {
        about: 'led through the questions to an appointment',
        says: [
          'Hello, this is Jane Doe.',
          'Yes, bread.',
          'About forty.',
          'Yes, sounds good.',
          'Tuesday at two.',
          'Yes, that is right.',
        ],
        answers: [[/name/i, 'Jane Doe']],
        booked: { at: '2026-01-20T14:00', name: /Jane Doe/i },
      },
      {
        about: 'is not interested',
        says: ['Hello?', 'No, thank you, I am not interested.'],
        answers: [],
        booked: null,
      },
      {
        about: 'wants to be called back instead',
        says: ['hello', 'i have no time right now call me back on monday at ten'],
        answers: [],
        booked: null,
      },
      {
        about: 'accepts, then backs out',
        says: ['can i book a test ride tomorrow at two pm', 'hm no i changed my mind', 'no thank you goodbye'],
        answers: [[/name/i, 'Leo Hart']],
        booked: null,
      },
    ],
    facts: [
      price('What does the M-120 cost?', '$1,290'),
      price('how much is the M-210', '$1,920'),
      price("What's the price of the M-102?", '$2,190'),
      price('um and the m 201 how much', '$940'),
      price('How much do you want for an M-12?', '$490'),
      price('price of the m twenty one', '$904'),
      price('What does the M-1200 cost?', '$3,150'),
      price('how much is M-2100', '$3,510'),
      price('And the M-1002, what does it cost?', '$5,130'),
      price('the M-2001 what is the price', '$780'),
      load('How much can the M-120 carry?', '18 kg'),
      load('what is the load of the M-210', '81 kg'),
      load('What load does the M-102 take?', '28 kg'),
      load('load of the M-201?', '82 kg'),
      load('how much load for the m one two', '45 kg'),
      price('What does the M-220 cost?', null),
      price('how much is the M-112', null),
      load('What load does the M-121 take?', null),
      load('What is the load of the M-1200?', '96 kg'),
      price('how much is the m one twenty', '$1,290'),
    ],
  },
  heldOut: {
    everyday: [
      ask('Where is your showroom?', /210 Canal Street/),
      ask('what do i need for a test ride', /valid ID/i),
      ask('How long is the warranty on the battery?', /one year/i),
      ask('when are you open during the week', /10 am to 6 pm/i),
      ask('How much is a second battery?', /\$420/, /\$89|\$65|\$310/),
      ask('is service included', /included/i),
      ask('How long does a test ride take?', /half an hour/i),
      ask('are you a real human being', /automated/i),
      ask('how fast do you get a bike that is in stock', /five days/i),
      ask('Do you have a shop in Boston?', null),
    ],
    bookings: [
      {
        about: 'agrees late',
        says: ['hi', 'we deliver flowers', 'around twenty a week', 'ok sure', 'friday at three pm', 'yes'],
        answers: [[/name/i, 'Pia Lund']],
        booked: { at: '2026-01-16T15:00', name: /Pia Lund/i },
      },
      {
        about: 'too expensive',
        says: ['Hello', 'That is too expensive for us.', 'No, thank you.'],
        answers: [],
        booked: null,
      },
      {
        about: 'next week',
        says: ['Can I come for a test ride next Monday at noon?', 'Yes'],
        answers: [[/name/i, 'Uma Patel']],
        booked: { at: '2026-01-19T12:00', name: /Uma Patel/i },
      },
    ],
    facts: [
      price('How much is the M-21?', '$904'),
      load('load of the M-2001?', '53 kg'),
      price('the m two ten how much is it', '$1,920'),
      load('What can the M-1002 carry?', '35 kg'),
      price('What does the M-2010 cost?', null),
      price('price for M-201 please', '$940'),
      load('what load can M-2100 take', '69 kg'),
      price('How much is an M-1?', null),
      price('and M-102?', '$2,190'),
      load('How much load does the M-21 carry?', '54 kg'),
    ],
  },
};
