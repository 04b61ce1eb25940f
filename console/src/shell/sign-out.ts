import { useQueryClient } from '@tanstack/react-query';
import { signOut } from '@/api/session.ts';
import { eventConnection } from '@/live/event-socket.ts';
import { hangUp } from '@/live/phone.ts';

/** Ends the session and everything of its user on this page: the line, the events, what was read. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    hangUp();
    eventConnection.stop();
    await signOut();
    queries.clear();
  };
}
