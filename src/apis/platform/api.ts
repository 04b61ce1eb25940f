import type { Api } from '../kit/api.ts';
import type { RestOperation } from '../kit/operation.ts';

/**
 * What belongs to no API alone: health, documents, carriers' webhooks, and the answer to paths that no API owns. It
 * speaks as another API does, whose documents describe its operations.
 */
export const platform = (operations: readonly RestOperation[], dialect: Api): Api => ({
  name: 'platform',
  title: 'Trunkline',
  documentedIn: dialect.name,
  owns: () => true,
  renderError: (error, requestId) => dialect.renderError(error, requestId),
  errorReply: dialect.errorReply,
  countedPer: dialect.countedPer,
  usualLimit: (plan) => dialect.usualLimit(plan),
  operations,
});
