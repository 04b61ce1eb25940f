// Ends with 0 if the server on the first of PORTS can take calls.
const port = (process.env.PORTS ?? '3000').split(',')[0];
const reply = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(4000) }).catch(() => null);
process.exit(reply?.ok ? 0 : 1);
