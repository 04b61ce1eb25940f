/**
 * The number of the nth of many calls: one in so many is a conversation; on the others a silent person listens, which
 * costs little.
 */
export const numberOf = (n: number, oneIn: number): string => (n % oneIn === 0 ? '+15005550006' : '+15005550010');
