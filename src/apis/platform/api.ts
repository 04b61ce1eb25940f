import type { Api } from '../kit/api.ts';
import type { RestOperation } from '../kit/operation.ts';

/**
 * What belongs to no API alone: health, documents, carriers' webhooks, and the answer to paths that no API owns. It
 * speaks as another API does, whose documents describe its operations.
 */
export const platform = (
  operations: readonly RestOperation[],
  { name, renderError, errorReply, countedPer, usualLimit }: Api,
): Api => ({
  name: 'platform',
  title: 'Trunkline',
  documentedIn: name,
  owns: () => true,
  renderError,
  errorReply,
  countedPer,
  usualLimit,
  operations,
});
