/**
 * Loaded before each suite (`--import`). Node's test runner follows every promise of the process to the test that made
 * it, with a hook that costs half the processor time of suites that await much. Without the hook an error that nothing
 * caught still fails its file, but names no test.
 */
import hooks from 'node:async_hooks';

const { createHook } = hooks;
hooks.createHook = (callbacks) => {
  const hook = createHook(callbacks);
  return new Error().stack?.includes('internal/test_runner') ? Object.assign(hook, { enable: () => hook }) : hook;
};
