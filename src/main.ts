import { listenForStop } from './app/stop-requests.ts';

const stop = listenForStop();
// Everything else is loaded only now: a signal that comes while modules load is a request to stop like any other.
const { runCommand } = await import('./commands/run-command.ts');
await runCommand(process.argv.slice(2), process.env, stop);
