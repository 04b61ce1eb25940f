/** A colour of the design as it is now. */
export const colourOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);

/** Calls `act` whenever light turns to dark or back; the returned function stops it. For what is drawn by a script. */
export function onNewColours(act: () => void): () => void {
  const observer = new MutationObserver(act);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
