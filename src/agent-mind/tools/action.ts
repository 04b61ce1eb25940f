/** Whether a tool changes something outside the talk, where its owner has not said so. */

const ACTIONS = new Set(
  'accept activate add apply approve arrange assign block book buy call cancel change charge close confirm create deactivate delete deliver deposit disable dispatch donate email enable enroll file forward issue make modify move notify open order pay place post publish purchase redeem refund register reject remove rename renew replace report request reschedule reserve reset return save schedule send set ship sign start stop store submit subscribe terminate text transfer unblock unsubscribe update upgrade withdraw write'.split(
    ' ',
  ),
);
const LOOK_UPS = new Set(
  'availability available balance calculate check compare details estimate fetch find get history hours info information list look lookup price prices query quote read retrieve search show status track validate verify view'.split(
    ' ',
  ),
);
/** "Books an appointment", "Send the brochure"; not "Order status" and not "Booking hours". */
const OBJECT = /^(?:a|an|all|another|any|customers?|his|her|it|new|one|or|our|some|that|the|their|this|to|up|your)\b/;

/** Its description's first verb decides, then the words of its name. */
export function isAction(name: string, description: string): boolean {
  const [first = '', ...rest] = description.toLowerCase().split(/\s+/);
  const verb = first.replace(/[^a-z]/g, '');
  const third = [verb.replace(/ies$/, 'y'), verb.replace(/es$/, ''), verb.replace(/s$/, '')];
  if (third.some((one) => one !== verb && ACTIONS.has(one))) return true;
  if (ACTIONS.has(verb) && OBJECT.test(rest.join(' '))) return true;
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/);
  return ACTIONS.has(words[0] ?? '') && !words.some((word) => LOOK_UPS.has(word));
}
