import { getPriority, setPriority } from 'node:os';

const BEHIND = 5;

/**
 * Media goes first: on Linux this is the priority of the calling thread alone. A process that runs lower already stays
 * there, because only root may raise a priority.
 */
export function runBehindMedia(): void {
  if (process.platform === 'linux' && getPriority() < BEHIND) setPriority(0, BEHIND);
}
