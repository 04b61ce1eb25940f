/**
 * What others do wrong: wrong passwords, receivers and tools that fail. Tests provoke it, and read it with a log of
 * their own.
 */
const OUTSIDE = /"msg":"(?:a sign-in failed|sign-ins failed|webhook delivery (?:failed|is dead)|a tool failed)/;

export const isOutside = (line: string): boolean => OUTSIDE.test(line);
