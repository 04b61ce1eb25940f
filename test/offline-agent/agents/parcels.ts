import { ask, fact, type AgentSet } from '../agent-set.ts';

const RATES = ['$6.20', '$6.02', '$2.60', '$11.70', '$17.10', '$7.11', '$23.40', '$24.30', '$32.40', '$42.30'];
const DAYS = ['2 days', '3 days', '4 days', '5 days', '6 days', '7 days', '8 days', '9 days', '10 days', '11 days'];
const rate = (asked: string, value: string | null) => fact(asked, value, RATES);
const days = (asked: string, value: string | null) => fact(asked, value, DAYS);

export const PARCELS: AgentSet = {
  name: 'Sam of Quickparcel',
  prompt: `You are Sam and you work on the hotline of Quickparcel, a parcel service.
Help callers to find their parcel, to send one and to have one picked up.
Keep it short. When callers are angry, stay calm.

# Knowledge
A parcel may weigh up to 30 kg and be up to 120 cm long.
If nobody is at home, the driver leaves a card and tries again on the next working day.
After two tries the parcel goes to the nearest shop, where it is kept for seven days.
To pick up a parcel at a shop you need an ID and the card of the driver.
Every parcel is insured for up to $500. Jewellery and cash are not insured.
Lithium batteries may only be sent inside of a device.
A delivery can be moved to another day in the app until 8 pm on the day before.
Parcels are delivered Monday to Saturday between 8 am and 6 pm.
A claim for a damaged parcel has to be made within seven days and needs photos.
Shops take parcels until 6 pm; what comes later leaves on the next day.`,
  documents: [
    {
      name: 'rates.csv',
      type: 'csv',
      text: 'zone,rate,time\nZ-14,$6.20,2 days\nZ-41,$6.02,3 days\nZ-114,$2.60,4 days\nZ-141,$11.70,5 days\nZ-411,$17.10,6 days\nZ-25,$7.11,7 days\nZ-52,$23.40,8 days\nZ-225,$24.30,9 days\nZ-252,$32.40,10 days\nZ-522,$42.30,11 days\n',
    },
    {
      name: 'faq.txt',
      type: 'txt',
      text: 'Q: How do I return a parcel?\nA: Stick the return label on the box and hand it in at any shop.\n\nQ: Where do I get packaging?\nA: Boxes can be bought in every shop from $2.\n\nQ: Do you ship abroad?\nA: We ship to Canada and Mexico. We do not ship overseas.\n\nQ: Can I send a parcel on Sunday?\nA: Shops are closed on Sundays, but the lockers are open around the clock.\n\nQ: Is there a signature?\nA: A signature is only asked for when the parcel is worth more than $100.\n',
    },
    {
      name: 'sizes.csv',
      type: 'csv',
      text: 'size,largest weight,price\nS,2 kg,$4.90\nM,5 kg,$6.90\nL,10 kg,$9.90\nXL,30 kg,$16.90\n',
    },
  ],
  tools: [
    {
      name: 'track_parcel',
      description: 'Tells where a parcel is, by its tracking number',
      requiredParams: ['tracking_number'],
      optionalParams: [],
      answer: (parameters) => {
        const number = String(parameters['tracking_number'])
          .toUpperCase()
          .replaceAll(/[^A-Z0-9]/g, '');
        return number === 'QP7731'
          ? '{"status":"Your parcel is in Buffalo and arrives tomorrow"}'
          : number === 'QP7713'
            ? '{"status":"Your parcel was delivered on Monday"}'
            : '{"status":"This number is not known"}';
      },
    },
  ],
  tuned: {
    everyday: [
      ask('How heavy can a parcel be?', /30 kg/),
      ask("I wasn't home when the driver came, what happens now?", /next working day/i),
      ask('what do i need to bring to pick up my parcel at the shop', /ID/),
      ask('How long does the shop keep it?', /seven days/i),
      ask('is my parcel insured and up to how much', /\$500/),
      ask('Can I send jewellery, would that be insured?', /not insured/i),
      ask('can i ship a lithium battery by itself', /only be sent inside/i),
      ask("I won't be in tomorrow. Can I have it delivered on another day?", /8 pm/i),
      ask('do you guys deliver on saturdays', /Monday to Saturday/i),
      ask('My parcel arrived broken. What do I do?', /photos|seven days/i),
      ask('how do i send something back', /return label/i),
      ask('where can i buy a box', /every shop/i),
      ask('Do you ship to Europe or overseas?', /not ship overseas/i),
      ask('do you deliver to canada', /Canada/, /not ship to Canada/i),
      ask('are the shops open on sunday', /closed on Sundays/i),
      ask('Do I have to sign for it?', /more than \$100/),
      ask("Where's my parcel? The number is QP7731.", /Buffalo/, /delivered on Monday|not known/i),
      ask('can you track q p seven seven one three for me', /delivered on Monday/i, /Buffalo/),
      ask('What does an XL parcel cost?', /\$16\.90/, /\$9\.90|\$6\.90/),
      ask('Do you transport pianos?', null),
    ],
    bookings: [
      {
        about: 'a pickup',
        says: ['I need somebody to pick up a parcel, can I book that for Friday at 1 pm?', 'Yes.'],
        answers: [[/name/i, 'Vera Stein']],
        booked: { at: '2026-01-16T13:00', name: /Vera Stein/i },
      },
      {
        about: 'in two days',
        says: ['schedule a pickup in two days at ten am', 'yes'],
        answers: [[/name/i, 'this is ben carter']],
        booked: { at: '2026-01-16T10:00', name: /ben carter/i },
      },
      {
        about: 'a date by number',
        says: ['I would like to book a pickup on January 22nd at 9 am.', 'Yes, please do.'],
        answers: [[/name/i, 'My name is Lucy Ford.']],
        booked: { at: '2026-01-22T09:00', name: /Lucy Ford/i },
      },
      {
        about: 'asks to hear it again before saying yes',
        says: ['book a pickup for thursday at noon', 'sorry what did you say', 'yes that is right'],
        answers: [[/name/i, 'Omar Said']],
        booked: { at: '2026-01-15T12:00', name: /Omar Said/i },
      },
      {
        about: 'one correction after the other',
        says: ['book a pickup on monday at 9 am', 'no, tuesday', 'and at 10 am please', 'yes'],
        answers: [[/name/i, 'Ines Roth']],
        booked: { at: '2026-01-20T10:00', name: /Ines Roth/i },
      },
      {
        about: 'wants a person instead',
        says: ['I want to arrange a pickup.', 'Actually, let me speak to a human.', 'no thanks, bye'],
        answers: [],
        booked: null,
      },
    ],
    facts: [
      rate('What is the rate for zone Z-14?', '$6.20'),
      rate('how much is it to Z-41', '$6.02'),
      rate('what does a parcel to Z-114 cost', '$2.60'),
      rate('rate for Z-141?', '$11.70'),
      rate('How much do you charge for zone Z-411?', '$17.10'),
      rate('um the rate for z 25', '$7.11'),
      rate('whats the price for Z-52', '$23.40'),
      rate('And zone Z-225, what is the rate?', '$24.30'),
      rate('how much is Z-252', '$32.40'),
      rate('What would Z-522 cost me?', '$42.30'),
      days('How long does it take to Z-14?', '2 days'),
      days('how many days to Z-41', '3 days'),
      days('What is the delivery time for Z-114?', '4 days'),
      days('how long to z one four one', '5 days'),
      days('How long does Z-411 take?', '6 days'),
      days('time for zone Z-25?', '7 days'),
      rate('What is the rate for Z-142?', null),
      days('How long does it take to Z-44?', null),
      rate('how much is zone Z-552', null),
      fact('How heavy may a size M be?', '5 kg', ['2 kg', '10 kg', '30 kg']),
    ],
  },
  heldOut: {
    everyday: [
      ask('What is the longest parcel you take?', /120 cm/),
      ask('until what time can i bring a parcel to the shop', /6 pm/i),
      ask('Can I drop something off at a locker on Sunday?', /around the clock/i),
      ask('how long do i have to complain about damage', /seven days/i),
      ask('Do you ship to Mexico?', /Mexico/, /not ship to Mexico/i),
      ask('can i put cash in a parcel', /not insured/i),
      ask('How much is a size L?', /\$9\.90/, /\$6\.90|\$16/),
      ask('at what times do you deliver', /8 am and 6 pm/i),
      ask('please track QP7713', /delivered on Monday/i, /Buffalo/),
      ask('Do you offer a moving service?', null),
    ],
    bookings: [
      {
        about: 'tomorrow morning',
        says: ['book a pickup tomorrow at 8:30 in the morning', 'yes'],
        answers: [[/name/i, 'Gina Holm']],
        booked: { at: '2026-01-15T08:30', name: /Gina Holm/i },
      },
      {
        about: 'only asks about pickups',
        says: ['What do I need to pick up a parcel?', 'thanks bye'],
        answers: [],
        booked: null,
      },
      {
        about: 'another day at the end',
        says: ['I would like to schedule a pickup on Friday at 3 pm.', 'Hmm, not Friday. Monday.', 'Yes.'],
        answers: [[/name/i, 'Ron Ash']],
        booked: { at: '2026-01-19T15:00', name: /Ron Ash/i },
      },
    ],
    facts: [
      rate('Rate for Z-52 please', '$23.40'),
      rate('how much is zone z four one', '$6.02'),
      days('How long does Z-522 take?', '11 days'),
      days('how long to Z-252', '10 days'),
      rate('What does Z-225 cost?', '$24.30'),
      rate('What is the rate for Z-15?', null),
      fact('What may a size L weigh?', '10 kg', ['2 kg', '5 kg', '30 kg']),
      days('delivery time for Z-225?', '9 days'),
      rate('price for zone Z-14?', '$6.20'),
      days('How long to Z-222?', null),
    ],
  },
};
