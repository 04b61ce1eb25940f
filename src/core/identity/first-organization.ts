import type { OrganizationStore } from './organization-store.ts';

/** Whether it is the first organization, whose admins set what all organizations share. */
export async function isFirst(
  { organizations }: { readonly organizations: Pick<OrganizationStore, 'first'> },
  organizationId: number,
): Promise<boolean> {
  return (await organizations.first())?.id === organizationId;
}
