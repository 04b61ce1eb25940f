import { ask, fact, type AgentSet } from '../agent-set.ts';

const PRICES = [
  '$14.50',
  '$15.40',
  '$41.50',
  '$9.80',
  '$8.90',
  '$18.90',
  '$19.80',
  '$26.00',
  '$62.00',
  '$12.25',
  '$21.25',
  '$25.12',
];
const dish = (asked: string, value: string | null) => fact(asked, value, PRICES);

export const RESTAURANT: AgentSet = {
  name: 'Luca of Trattoria Verde',
  prompt: `Your name is Luca and you answer the phone for Trattoria Verde, an Italian restaurant.

## Rules
- Always be polite.
- Do not promise a particular table.
- For a reservation ask for: the number of people.

## Facts
- The restaurant is at 7 Harbor Lane, next to the fish market.
- The kitchen closes half an hour before the restaurant does.
- We have vegan and gluten-free dishes. We cannot guarantee that a dish is free of nuts.
- Dogs are welcome on the terrace but not inside.
- There is no parking at the restaurant. The garage on Mill Road is two minutes away on foot.
- Groups of more than eight people need to leave a deposit of $20 per person.
- A birthday cake can be brought along for a plate charge of $3 per guest.
- The terrace is open from May to September.
- We deliver within five miles, and delivery costs $4.
- Children under six eat free on Sundays.

Q: Do you have high chairs?
A: Yes, we have four high chairs.
Q: Is there live music?
A: There is live music every Friday from 8 pm.
Q: What is the dress code?
A: There is no dress code.`,
  documents: [
    {
      name: 'opening hours.csv',
      type: 'csv',
      text: 'day;hours\nMonday;closed\nTuesday to Thursday;5 pm to 10 pm\nFriday;5 pm to 11 pm\nSaturday;12 pm to 11 pm\nSunday;12 pm to 9 pm\n',
    },
    {
      name: 'menu.csv',
      type: 'csv',
      text: 'number,dish,price\n31,Spaghetti carbonara,$14.50\n13,Spaghetti bolognese,$15.40\n113,T-bone steak,$41.50\n131,Minestrone,$9.80\n311,Bruschetta,$8.90\n48,Pizza margherita,$18.90\n84,Pizza funghi,$19.80\n484,Sea bass,$26.00\n448,Lobster,$62.00\n75,Tiramisu,$12.25\n57,Panna cotta,$21.25\n577,Cheese plate,$25.12\n',
    },
    {
      name: 'faq.txt',
      type: 'txt',
      text: 'Gift vouchers can be bought at the bar from $25 upwards. They are valid for three years.\n\nWe do not take reservations for the bar. The bar has a happy hour from 5 pm to 6 pm on weekdays.\n\nFree wifi is available; the password is on the menu.\n\nThe private room seats 24 guests and can be rented for $150 an evening.\n',
    },
  ],
  tools: [],
  tuned: {
    everyday: [
      ask('Where are you?', /7 Harbor Lane/),
      ask('hey quick question can i bring my dog', /terrace but not inside/i),
      ask('What time do you close on Friday?', /11 pm/i, /10 pm|9 pm/i),
      ask('are you open on mondays', /closed/i, /5 pm|12 pm/i),
      ask('what are your hours on sunday', /12 pm to 9 pm/i, /10 pm|11 pm/i),
      ask('Are you open today?', /5 pm to 10 pm/i, /closed/i),
      ask('My daughter has celiac disease, do you have anything gluten-free?', /gluten-free/i),
      ask('is there a place to park the car', /no parking|Mill Road/i),
      ask("We'd be twelve people. Do we need to pay something up front?", /\$20/),
      ask('Can we bring our own birthday cake?', /\$3/),
      ask('Do you have a chair for a baby?', /four high chairs/i),
      ask('is there any live music', /every Friday/i),
      ask('What should I wear, do I need a jacket?', /no dress code/i),
      ask('do you guys deliver and what does that cost', [/five miles/i, /\$4/]),
      ask('how much is the lobster', /\$62\.00/, /\$26\.00|\$41/),
      ask('what is the price of the tiramisu', /\$12\.25/, /\$21\.25/),
      ask('How long is a gift voucher good for?', /three years/i),
      ask('Could we rent a separate room for a party?', /24 guests|\$150/),
      ask('Do you have karaoke?', null, /live music/i),
      ask('are you a real person', /automated/i, /I am a (real )?(person|human)/i),
    ],
    bookings: [
      {
        about: 'everything in one sentence',
        says: ['A table for four on Saturday at 7 pm, please, the name is Rossi.', 'Yes.'],
        answers: [
          [/name/i, 'Rossi'],
          [/how many|number of people/i, 'four'],
        ],
        booked: { at: '2026-01-17T19:00', name: /Rossi/i, notes: /\b(4|four)\b/i },
      },
      {
        about: 'asks for the number of people',
        says: ['I want to reserve a table.', 'Friday', 'half past seven in the evening', 'yes'],
        answers: [
          [/how many|number of people/i, 'we are five'],
          [/name/i, 'Grant'],
        ],
        booked: { at: '2026-01-16T19:30', name: /Grant/i, notes: /\b(5|five)\b/i },
      },
      {
        about: 'people change at the read-back',
        says: ['table for two tomorrow at eight pm', 'no sorry we are three people', 'yes'],
        answers: [
          [/name/i, 'its becker'],
          [/how many|number of people/i, 'two'],
        ],
        booked: { at: '2026-01-15T20:00', name: /becker/i, notes: /\b(3|three)\b/i },
      },
      {
        about: 'an answer that does not fit is asked again',
        says: ['Can I book a table for Sunday at 1 pm?', 'Yes'],
        answers: [
          [/how many|number of people/i, 'We are still waiting for Mike'],
          [/name/i, 'Olsen'],
        ],
        booked: null,
      },
      {
        about: 'the day after tomorrow',
        says: ['do you have a table the day after tomorrow at six pm for two', 'yes that works'],
        answers: [
          [/name/i, 'my name is carol diaz'],
          [/how many|number of people/i, 'two'],
        ],
        booked: { at: '2026-01-16T18:00', name: /carol diaz/i },
      },
      {
        about: 'asks only whether it is possible',
        says: ['Do I have to book a table or can I just come in?', 'Okay, thanks. Bye.'],
        answers: [],
        booked: null,
      },
      {
        about: 'only a day, then a vague time',
        says: ['table for six on saturday please', 'in the evening', 'at eight', 'yes'],
        answers: [
          [/name/i, 'Novak'],
          [/how many|number of people/i, 'six'],
        ],
        booked: { at: '2026-01-17T20:00', name: /Novak/i },
      },
    ],
    facts: [
      dish('How much is number 31?', '$14.50'),
      dish('what does number 13 cost', '$15.40'),
      dish('And dish 113?', '$41.50'),
      dish("What's the price of number 131?", '$9.80'),
      dish('how much is 311', '$8.90'),
      dish('number forty eight how much is it', '$18.90'),
      dish('What would number 84 be?', '$19.80'),
      dish('whats the price for dish number 484', '$26.00'),
      dish('How much do you want for number 448?', '$62.00'),
      dish('number seventy five please what does it cost', '$12.25'),
      dish('price of number 57?', '$21.25'),
      dish('how much is dish five seven seven', '$25.12'),
      dish('How much is number 331?', null),
      dish('What does number 844 cost?', null),
      dish('how much is number 47', null),
      dish('What is the price of the pizza margherita?', '$18.90'),
      dish('how much is the spaghetti bolognese', '$15.40'),
      dish('What does the sea bass cost?', '$26.00'),
      dish('Is number 577 expensive? What is the price?', '$25.12'),
      dish('how much for the panna cotta', '$21.25'),
    ],
  },
  heldOut: {
    everyday: [
      ask('How late is the restaurant open on Saturday?', /11 pm/i, /10 pm|9 pm/i),
      ask('do the kids pay on sundays', /under six/i),
      ask('What is the address?', /7 Harbor Lane/),
      ask('is the terrace open in january', /May to September/i),
      ask('Do you have wifi for guests?', /wifi/i),
      ask('when is happy hour', /5 pm to 6 pm/i),
      ask('How much is a pizza funghi?', /\$19\.80/, /\$18\.90/),
      ask('can you promise theres no nuts in it', /cannot guarantee/i),
      ask('Where can I leave my car?', /Mill Road/i),
      ask('Do you have sushi?', null),
    ],
    bookings: [
      {
        about: 'with a date',
        says: ['A table for two on January 23 at 7:30 pm please.', 'Yes, please.'],
        answers: [
          [/name/i, 'Hughes'],
          [/how many|number of people/i, 'two'],
        ],
        booked: { at: '2026-01-23T19:30', name: /Hughes/i },
      },
      {
        about: 'gives up at the name',
        says: ['reserve a table for three on friday at six pm', 'no never mind', 'bye'],
        answers: [],
        booked: null,
      },
      {
        about: 'moves by an hour',
        says: ['table for four on sunday at 2 pm', 'Actually, can we do 3 pm instead?', 'yes'],
        answers: [
          [/name/i, 'Webb'],
          [/how many|number of people/i, 'four'],
        ],
        booked: { at: '2026-01-18T15:00', name: /Webb/i },
      },
    ],
    facts: [
      dish('What does number 311 cost?', '$8.90'),
      dish('how much is number 131', '$9.80'),
      dish('number thirteen how much', '$15.40'),
      dish('What is the price of 448?', '$62.00'),
      dish('And number 57, what is that?', '$21.25'),
      dish('How much is the minestrone?', '$9.80'),
      dish('How much is number 133?', null),
      dish('what does the cheese plate cost', '$25.12'),
      dish('price of number 84 please', '$19.80'),
      dish('How much is number 8?', null),
    ],
  },
};
