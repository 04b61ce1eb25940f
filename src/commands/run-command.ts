import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkFolders } from '../app/folders.ts';
import type { StopRequests } from '../app/stop-requests.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Command = (env: Environment, args: string[], stop: StopRequests) => Promise<number>;

/** Commands are loaded on use, so that none waits for the dependencies of another. */
const COMMANDS: Readonly<Record<string, Command>> = {
  start: async (env, args, stop) => (await import('./start.ts')).startCommand(env, args, stop),
  demo: async (env, args, stop) => (await import('./demo.ts')).demoCommand(env, args, stop),
  call: async (env, args, stop) => {
    exitWhenStopped(stop);
    return (await import('./call.ts')).callCommand(env, args);
  },
  admin: async (env, args, stop) => {
    exitWhenStopped(stop);
    return (await import('./admin.ts')).adminCommand(env, args);
  },
  models: async (env, args, stop) => {
    exitWhenStopped(stop);
    return (await import('./models/models.ts')).modelsCommand(env, args);
  },
  doctor: async (env, args, stop) => {
    exitWhenStopped(stop);
    return (await import('./doctor/doctor.ts')).doctorCommand(env, args);
  },
};

/**
 * A call from a recording uses the folder of a running server, the doctor reports what is wrong with a folder, and
 * models need none.
 */
const WITHOUT_FOLDERS = new Set(['call', 'doctor', 'models']);

const STOPPED = 130;
/** How much later than a child process this process may receive a signal to both. */
const SIGNAL_MS = 250;

/** Runs a command and ends the process with its exit code. */
export async function runCommand(argv: readonly string[], env: Environment, stop: StopRequests): Promise<void> {
  const [name = 'start', ...args] = argv;
  stop.second.addEventListener('abort', () => process.exit(STOPPED));
  try {
    const command = COMMANDS[name];
    if (!command) throw new Error(`There is no command ${name}. Commands: ${Object.keys(COMMANDS).join(', ')}.`);
    if (!WITHOUT_FOLDERS.has(name)) await checkFolders(env);
    process.exitCode = await command(env, args, stop);
  } catch (error) {
    // A signal to the group also ends child processes such as initdb. Their failure, which may be seen before the
    // signal, is then expected.
    if (!stop.first.aborted) await Promise.race([once(stop.first, 'abort'), sleep(SIGNAL_MS)]);
    if (stop.first.aborted) process.exit(0);
    console.error(error instanceof Error && error.message !== '' ? error.message : error);
    if (env['LOG_LEVEL'] === 'debug' && error instanceof Error) console.error(error.stack);
    process.exit(1);
  }
}

function exitWhenStopped(stop: StopRequests): void {
  stop.first.addEventListener('abort', () => process.exit(STOPPED));
}
