// A timer that a sleeping tab keeps: browsers slow the timers of a page in the background, not those of its workers.
const TICK_MS = 4000;
setInterval(() => postMessage(null), TICK_MS);
