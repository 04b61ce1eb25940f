/** Checks that our public address reaches this installation, so that carriers' webhooks arrive. @throws Error */
export async function reachUs(publicUrl: string): Promise<void> {
  const problem = `${publicUrl}/health does not answer: carriers cannot reach us there. Set PUBLIC_URL.`;
  const reply = await fetch(`${publicUrl}/health`, { redirect: 'manual', signal: AbortSignal.timeout(5000) }).catch(
    () => null,
  );
  await reply?.body?.cancel();
  if (reply?.status !== 200) throw new Error(problem);
}
