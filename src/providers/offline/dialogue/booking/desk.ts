import { BOOK, type Talk } from '../talk.ts';
import { bookingTool } from '../tool-use.ts';
import { CONFIRM, type BookingDesk } from './wish.ts';

/** Whether the last question of a text offers a booking. */
export const offers = (text: string): boolean => {
  if (!text.trim().endsWith('?') || text.endsWith(CONFIRM)) return false;
  const question = text.slice(Math.max(...['. ', '! '].map((end) => text.lastIndexOf(end))) + 1);
  return /\b(?:appointment|demo|meeting|schedule|book|which day|what day|what time|suit you)\b/i.test(question);
};

/** With what this agent books: its own tool, else the built-in one. */
export function deskOf({ others, tools, script, now }: Talk): BookingDesk | null {
  const own = bookingTool(others);
  const tool = own ?? tools.get(BOOK);
  return tool ? { tool, builtIn: !own, asks: script.bookingAsks, now, offers } : null;
}
