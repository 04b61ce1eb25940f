import type { Api } from '#apis/kit/api.ts';
import { ApiDocuments } from '#apis/kit/api-documents.ts';
import { webhookOperations } from '#apis/platform/carrier-webhooks.ts';
import { docsOperations } from '#apis/platform/docs.ts';
import { prometheusOperation } from '#apis/platform/metrics.ts';
import { healthOperations, type HealthSource } from '#apis/platform/health.ts';
import { CARRIERS } from '#carriers/catalog.ts';
import { apisOf } from '../../src/app/apis.ts';
import { version } from '../../src/app/version.ts';

const notServed = (): never => {
  throw new Error('This operation is described, not served');
};

/** The documents of every API as a server with `REQUIRE_AUTH` offers it, without a server. */
export function servedDocuments(): ApiDocuments {
  const webhooks = CARRIERS.map(({ webhook, name, webhooksByGet }) => ({
    webhook,
    name,
    byGet: webhooksByGet === true,
  }));
  const platform = [
    ...healthOperations({ requireAuth: true } as HealthSource),
    ...docsOperations(new ApiDocuments(() => [], version())),
    ...webhookOperations(webhooks, notServed),
  ];
  const metrics = prometheusOperation(notServed);
  const environment = { nodeEnv: '', hasDatabaseUrl: false, isSet: notServed, publicUrl: notServed };
  const apis: readonly Api[] = apisOf(platform, {
    environment,
    receive: notServed,
    receiveText: notServed,
    metrics,
  }).map((api) => ({
    ...api,
    operations: [...api.operations, ...(api.eventSockets ?? []).flatMap((one) => one.operations?.({} as never) ?? [])],
  }));
  return new ApiDocuments(() => apis, version());
}
