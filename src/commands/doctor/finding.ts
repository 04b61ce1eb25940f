/** What one check found. A problem keeps calls from working; a warning may. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'problem' | 'skipped';
  readonly detail: string;
  /** What to do, of a warning or a problem. */
  readonly remedy?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, status: 'ok', detail });
export const skipped = (check: string, detail: string): Finding => ({ check, status: 'skipped', detail });
export const warning = (check: string, detail: string, remedy: string): Finding => ({
  check,
  status: 'warning',
  detail,
  remedy,
});
export const problem = (check: string, detail: string, remedy: string): Finding => ({
  check,
  status: 'problem',
  detail,
  remedy,
});

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Longer than any check of ours waits for an answer by itself. */
const LONGEST_MS = 20_000;

/** The findings of a check that neither fails nor hangs. */
export async function contained(check: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  const late = Promise.withResolvers<readonly Finding[]>();
  const timer = setTimeout(
    () => late.resolve([problem(check, `gives no answer within ${LONGEST_MS / 1000} s`, 'Look at its own log.')]),
    LONGEST_MS,
  );
  try {
    return await Promise.race([look(), late.promise]);
  } catch (error) {
    return [problem(check, messageOf(error), 'Mend what the message names, and run the doctor again.')];
  } finally {
    clearTimeout(timer);
  }
}
