import { ask, fact, type AgentSet } from '../agent-set.ts';

const CODES = ['$85', '$58', '$120', '$210', '$201', '$102', '$640', '$460', '$46', '$64', '$330', '$303'];
const ROOMS = ['12', '21', '16', '61', '14', '41', '19', '91', '13', '31', '17', '71'];
const price = (asked: string, value: string | null) => fact(asked, value, CODES);
const room = (asked: string, value: string | null) => fact(asked, value, ROOMS);

export const DENTIST: AgentSet = {
  name: 'Mia of Bright Smile',
  prompt: `You are Mia, the receptionist of Bright Smile Dental in Albany.
Be friendly and brief. Never give medical advice.
You answer questions about the practice and book appointments.

Facts:
Bright Smile Dental is at 40 Lark Street, on the second floor. There is an elevator.
Free parking is behind the building, and the entrance to it is on State Street.
Dr. Helen Moore and Dr. Omar Haddad work here. Dr. Haddad treats children.
We accept Delta Dental, Cigna and MetLife. We do not accept Medicaid.
You can pay by card, by check or in cash. Payment plans are available for bills over $300.
New patients should come fifteen minutes early and bring an insurance card and a photo ID.
Appointments can be cancelled free of charge up to 24 hours before. After that there is a fee of $40.
In an emergency outside of opening hours, call 518-555-0188.
We speak English and Spanish.
Results of X-rays are kept for seven years.`,
  documents: [
    {
      name: 'hours.csv',
      type: 'csv',
      text: 'day,opens,closes\nMonday,8:00 am,5:00 pm\nTuesday,8:00 am,5:00 pm\nWednesday,10:00 am,7:00 pm\nThursday,8:00 am,5:00 pm\nFriday,8:00 am,2:00 pm\nSaturday,closed,closed\nSunday,closed,closed\n',
    },
    {
      name: 'prices.csv',
      type: 'csv',
      text: 'treatment,price,duration\nCleaning,$95,45 minutes\nCheck-up,$75,30 minutes\nFilling,$160,40 minutes\nRoot canal,$900,90 minutes\nCrown,$1100,60 minutes\nWhitening,$350,75 minutes\nExtraction,$220,35 minutes\nChild check-up,$55,20 minutes\n',
    },
    {
      name: 'codes.csv',
      type: 'csv',
      text: 'code,fee,room\nD-120,$85,12\nD-210,$58,21\nD-012,$120,16\nD-102,$210,61\nD-201,$201,14\nD-021,$102,41\nE-959,$640,19\nE-995,$460,91\nE-599,$46,13\nE-559,$64,31\nE-955,$330,17\nE-595,$303,71\n',
    },
    {
      name: 'aftercare.md',
      type: 'md',
      text: '# After a filling\n\nDo not eat for two hours after a filling. Avoid very hot drinks on the first day.\n\n# After an extraction\n\nDo not smoke for 48 hours after an extraction. Soft food is fine from the second day, unless the wound still bleeds.\n\n# After whitening\n\nAvoid coffee, tea and red wine for 24 hours after whitening.\n',
    },
  ],
  tools: [],
  tuned: {
    everyday: [
      ask("Hi, what's your address?", /40 Lark Street/),
      ask('um yeah hi where exactly are you guys located', /40 Lark Street/),
      ask(
        'My husband is driving me, is there somewhere he can leave the car?',
        /parking|behind the building/i,
        /no parking/i,
      ),
      ask('how much is a cleaning', /\$95/, /\$75|\$160|\$350/),
      ask('What would a root canal set me back?', /\$900/, /\$1100|\$160/),
      ask('how much do you charge for whitening and how long does it take', [/\$350/, /75 minutes/], /\$95|45 minutes/),
      ask('Are you open on Saturdays?', /closed/i, /8:00|5:00|10:00/),
      ask('until when are you open on friday', /2:00 pm/i, /5:00 pm|7:00 pm/i),
      ask('what time do you open wednesday morning', /10:00 am/i, /8:00 am/i),
      ask("Do you take Medicaid? It's all I've got.", /not accept Medicaid/i, /we accept Medicaid/i),
      ask('i have cigna insurance is that ok with you', /Cigna/, /not accept Cigna/i),
      ask('What if I have to cancel the day before, does that cost anything?', /24 hours/),
      ask('I have an emergency and it is the middle of the night, who do I call?', /518-555-0188/),
      ask('which of your doctors sees kids', /Haddad/, /Moore treats/i),
      ask('So this is my first visit, what do I need to bring along?', /insurance card/i),
      ask('Can I pay in installments?', /payment plans|\$300/i),
      ask('when may i eat again after my filling', /two hours/i, /48 hours/),
      ask('Can I have a coffee after the whitening?', /24 hours/i, /48 hours/),
      ask('Do you do dental implants?', null, /we (do|offer) .*implant/i, /\$1100/),
      ask('¿Does anyone there speak Spanish? My mom does not speak English', /Spanish/),
    ],
    bookings: [
      {
        about: 'day and time at once',
        says: ['Hi, I need an appointment next Tuesday at 3 pm.', 'Yes, that is right.'],
        answers: [[/name/i, 'Anna Miller']],
        booked: { at: '2026-01-20T15:00', name: /Anna Miller/i },
      },
      {
        about: 'asked for step by step, like a recogniser writes',
        says: ['hi i would like to book a cleaning', 'friday', 'at ten in the morning', 'yes please'],
        answers: [[/name/i, 'my name is john smith']],
        booked: { at: '2026-01-16T10:00', name: /john smith/i },
      },
      {
        about: 'corrects the day at the read-back',
        says: ['Can I make an appointment for Tuesday at 11?', 'No, Thursday.', 'Yes.'],
        answers: [[/name/i, 'Peter Hall']],
        booked: { at: '2026-01-15T11:00', name: /Peter Hall/i },
      },
      {
        about: 'corrects the time at the read-back',
        says: ['book me in for tomorrow at nine please', 'no make it ten thirty', 'yes thats right'],
        answers: [[/name/i, 'this is maria lopez']],
        booked: { at: '2026-01-15T10:30', name: /maria lopez/i },
      },
      {
        about: 'gives up in the middle',
        says: [
          'I want to schedule a check-up.',
          'Oh, actually, forget it, I have to ask my wife first.',
          'Thanks, bye.',
        ],
        answers: [],
        booked: null,
      },
      {
        about: 'says no at the read-back and leaves it',
        says: ['I need an appointment on Monday at 2 pm.', 'No, cancel that please.', 'No, nothing else.'],
        answers: [[/name/i, 'Sam Reed']],
        booked: null,
      },
      {
        about: 'asks a question in between',
        says: ['I would like to come in on Monday for a filling.', 'How much is that?', 'Okay. At 9:30 am.', 'Yes'],
        answers: [[/name/i, 'Lena Park']],
        booked: { at: '2026-01-19T09:30', name: /Lena Park/i },
      },
    ],
    facts: [
      price('What is the fee for D-120?', '$85'),
      price('how much is code D-210', '$58'),
      price('what does D-012 cost', '$120'),
      price("What's the price of D-102?", '$210'),
      price('um how much would d 201 be', '$201'),
      price('Tell me the fee for code D-021 please', '$102'),
      price('How much do you charge for E-959?', '$640'),
      price('and what about the fee for E-995', '$460'),
      price('whats the fee for e 599', '$46'),
      price('My bill says E-559. What does that cost?', '$64'),
      room('Which room is E-955 done in?', '17'),
      room('which room do i go to for E-595', '71'),
      room('What room is D-120 in?', '12'),
      room('D-210, which room is that?', '21'),
      room('For D-012 I have to go to which room?', '16'),
      price('How much is D-112?', null),
      price('What does E-999 cost?', null),
      room('Which room is D-211 in?', null),
      price('what is the fee for d one twenty', '$85'),
      price('what does e nine five nine cost', '$640'),
    ],
  },
  heldOut: {
    everyday: [
      ask('Which street is the practice on?', /Lark Street/),
      ask('is there a lift, my mother is in a wheelchair', /elevator/i, /no elevator/i),
      ask('What do you charge for a crown?', /\$1100/, /\$900/),
      ask('how long will a check up take', /30 minutes|20 minutes/),
      ask('Do you work on Sundays?', /closed/i, /8:00/),
      ask('Can I write you a check?', /check/i),
      ask('is smoking okay after they pull a tooth', /48 hours/),
      ask('What happens if I do not show up or cancel too late?', /\$40/),
      ask('Do you take MetLife?', /MetLife/, /not accept MetLife/i),
      ask('Do you sell electric toothbrushes?', null),
    ],
    bookings: [
      {
        about: 'time first, then the day',
        says: ['Do you have anything at 4 pm?', 'Monday.', 'Yes, correct.'],
        answers: [[/name/i, 'Ella Stone']],
        booked: { at: '2026-01-19T16:00', name: /Ella Stone/i },
      },
      {
        about: 'gives the name at the start',
        says: ['hello this is tom baker id like an appointment on thursday at eleven', 'yes'],
        answers: [[/name/i, 'tom baker']],
        booked: { at: '2026-01-15T11:00', name: /tom baker/i },
      },
      {
        about: 'changes mind before the read-back',
        says: ['I would like an appointment tomorrow.', 'No wait, Friday is better, at noon.', 'Yes please.'],
        answers: [[/name/i, 'Kim Lee']],
        booked: { at: '2026-01-16T12:00', name: /Kim Lee/i },
      },
    ],
    facts: [
      price('What is the fee for D-201?', '$201'),
      price('how much is E-955', '$330'),
      price('And E-595, what does it cost?', '$303'),
      room('Which room for E-959?', '19'),
      room('what room is E-995 in', '91'),
      room('Where do they do E-599, which room?', '13'),
      price('How much is D-200?', null),
      price('fee for d zero two one please', '$102'),
      room('Which room is D-102?', '61'),
      price('What does E-909 cost?', null),
    ],
  },
};
