/**
 * Loaded before each suite (`--import`). Node's test runner follows every promise of the process to the test that made
 * it, with a hook that costs half the processor time of suites that await much. Without promises the hook still knows
 * the suite of a test; an error that nothing caught still fails its file, but may name no test.
 */
import hooks from 'node:async_hooks';

const { createHook } = hooks;
hooks.createHook = (callbacks) =>
  createHook(new Error().stack?.includes('internal/test_runner') ? { ...callbacks, trackPromises: false } : callbacks);
