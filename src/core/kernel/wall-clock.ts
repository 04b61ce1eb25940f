/** The wall clock. Verbs never read the time themselves. */
export interface WallClock {
  now(): Date;
}
