// A request to a Trunkline from a shell: node clients/api.mjs /path [-X METHOD] [-d JSON] [-F name=value|name=@file].
// Prints the body of the reply; ends with 22 when the server refuses. Plain JavaScript, for Node 18 and newer.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const TRIES = 6;
const BUSY = new Set([408, 429, 502, 503, 504]);

const [path, ...args] = process.argv.slice(2);
const { TRUNKLINE_URL: url = 'http://127.0.0.1:3000', TRUNKLINE_API_KEY: key } = process.env;
let method, body, form;
for (let i = 0; i < args.length; i += 2) {
  const [flag, value] = [args[i], args[i + 1]];
  if (value === undefined) fail(`${flag} needs a value`);
  if (flag === '-X') method = value;
  else if (flag === '-d') body = value;
  else if (flag === '-F') {
    const at = value.indexOf('=');
    const [name, content] = [value.slice(0, at), value.slice(at + 1)];
    form ??= new FormData();
    if (content.startsWith('@')) form.set(name, new Blob([await readFile(content.slice(1))]), basename(content));
    else form.set(name, content);
  } else fail(`there is no ${flag}`);
}

// The same for all tries: what the first one made is not made twice.
const idempotencyKey = randomUUID();
method ??= body === undefined && !form ? 'GET' : 'POST';
for (let tried = 1; ; tried++) {
  const reply = await fetch(url + path, {
    method,
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(method === 'POST' ? { 'idempotency-key': idempotencyKey } : {}),
    },
    body: form ?? body,
  }).catch((error) => fail(`${url} cannot be reached: ${error.cause?.message ?? error.message}`));
  if (BUSY.has(reply.status) && tried < TRIES) {
    await sleep(1000 * Math.min(Number(reply.headers.get('retry-after')) || 2 ** (tried - 1), 60));
    continue;
  }
  process.stdout.write(Buffer.from(await reply.arrayBuffer()));
  process.exitCode = reply.ok ? 0 : 22;
  break;
}

function fail(why) {
  console.error(why);
  process.exit(2);
}
