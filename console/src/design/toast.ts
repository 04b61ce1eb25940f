/** A short note that something happened. An error is also shown where it belongs: a note disappears. */
export interface Note {
  readonly title: string;
  readonly description?: string;
}

type Show = (note: Note) => void;

let show: Show | null = null;
let waiting: Note[] = [];

export function toast(title: string, description?: string): void {
  const note = { title, ...(description === undefined ? {} : { description }) };
  if (show) show(note);
  else waiting.push(note);
}

/** The part of the page that shows notes: it is loaded after the page, and gets what came before it. */
export function showNotesWith(shower: Show): void {
  show = shower;
  for (const note of waiting) shower(note);
  waiting = [];
}
