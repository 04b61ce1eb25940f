import type { BaseCore } from '../core.ts';
import type { Actor } from '../kernel/context.ts';

/**
 * The actor of earlier work with the role of this moment; null if the user is inactive or the API key revoked. A user
 * who has signed out keeps their role.
 */
export async function actorToday(core: BaseCore, organizationId: number, actor: Actor): Promise<Actor | null> {
  switch (actor.kind) {
    case 'system':
      return actor;
    case 'api-key':
      return (await core.store.credentials.apiKeyById(organizationId, actor.id))?.actor ?? null;
    case 'user': {
      const user = await core.store.users.get(organizationId, actor.id);
      return user?.status === 'active' ? { ...actor, role: user.role } : null;
    }
  }
}
