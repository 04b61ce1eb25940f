import { closedDateIn } from './closed-dates.ts';
import { ATTEMPT_OUTCOMES, type Jurisdiction, type Limit, type Loosened, type OwnRules, type Rest } from './rules.ts';
import { weekHoursProblems } from './week-hours.ts';

const A_YEAR_HOURS = 366 * 24;
/** A leap year, in which every date exists. */
const A_LEAP_YEAR = 2028;

/** What is wrong with a set of rules, as sentences that begin with the entry and the field; none if they are valid. */
export function ruleProblems(rules: readonly Jurisdiction[]): readonly string[] {
  return rules.flatMap((rule, index) => {
    const problems = [...loosenedProblems(rule)];
    if (!/^(?:\*|[A-Z]{2}(?:-[A-Z0-9]{1,3})?)$/.test(rule.id))
      problems.push('id: must be *, a country or a region of one');
    if (rules.findIndex(({ id }) => id === rule.id) < index) problems.push('id: appears twice');
    if (rule.source === '') problems.push('source: must not be empty');
    if (!/^\d{4}-\d{2}-\d{2}$/.test(rule.asOf)) problems.push('asOf: must be a date such as 2026-11-27');
    return problems.map((problem) => `${rule.id}.${problem}`);
  });
}

/** What is wrong with the fields that decide about a dial. */
export function loosenedProblems({ hours = null, closed = [], limits = [], rests = [] }: Loosened): readonly string[] {
  return [
    ...(hours === null ? [] : weekHoursProblems(hours).map((problem) => `hours: ${problem}`)),
    ...closed.filter((one) => closedDateIn(A_LEAP_YEAR, one) === null).map((one) => `closed: no date: ${one}`),
    ...limits.flatMap(limitProblems),
    ...rests.flatMap(restProblems),
  ];
}

/** What is wrong with the rules of an organization or a campaign. */
export const ownRulesProblems = ({ hours, limits, rests }: OwnRules): readonly string[] =>
  loosenedProblems({ hours, limits, rests });

function limitProblems({ count, hours, scope }: Limit): readonly string[] {
  return [
    ...(Number.isInteger(count) && count >= 1 ? [] : ['limits: count must be a whole number of at least 1']),
    ...(isDuration(hours) ? [] : ['limits: hours must be more than 0 and at most a year']),
    ...(scope === 'number' || scope === 'campaign' ? [] : ['limits: scope must be number or campaign']),
  ];
}

function restProblems({ after, hours }: Rest): readonly string[] {
  return [
    ...after.filter((one) => !ATTEMPT_OUTCOMES.includes(one)).map((one) => `rests: no outcome: ${one}`),
    ...(isDuration(hours) ? [] : ['rests: hours must be more than 0 and at most a year']),
  ];
}

const isDuration = (hours: number): boolean => hours > 0 && hours <= A_YEAR_HOURS;
