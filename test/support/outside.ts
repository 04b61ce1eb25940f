/** What others do wrong: wrong passwords, receivers and tools that fail. Tests provoke it, and read it with a log of their own. */
const OUTSIDE =
  /"msg":"(?:a sign-in failed|sign-ins failed|a webhook did not take an event|an event was given up|a tool did not do what it was asked)/;

export const isOutside = (line: string): boolean => OUTSIDE.test(line);
