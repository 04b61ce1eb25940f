import type { Logger } from 'pino';
import type { ConfiguredProviders } from '#providers/configured.ts';
import type { VendorState } from '#providers/kit/vendor-health.ts';

const VENDORS_AGAIN_MS = 60_000;

/** Checks all vendors in the background, and failing ones again every minute. */
export function watchVendors(providers: ConfiguredProviders, log: Logger): () => void {
  const problems = new Map<string, string>();
  const tell = (states: readonly VendorState[]) => {
    for (const { vendor, status, lastError } of states) {
      const problem = status === 'error' ? lastError!.message : undefined;
      if (problem === problems.get(vendor)) continue;
      if (problem === undefined) {
        problems.delete(vendor);
        log.info({ vendor }, 'a vendor works again');
        continue;
      }
      problems.set(vendor, problem);
      log.warn({ vendor, problem }, 'a configured vendor does not work: its key or address may be wrong');
    }
  };
  void providers.check().then(tell);
  const again = setInterval(() => void providers.check(true).then(tell), VENDORS_AGAIN_MS);
  return () => {
    clearInterval(again);
    providers.close();
  };
}
