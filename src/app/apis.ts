import { callCenter } from '#apis/call-center/api.ts';
import { campaigns, type CampaignsParts } from '#apis/campaigns/api.ts';
import { customerService } from '#apis/customer-service/api.ts';
import type { Api } from '#apis/kit/api.ts';
import type { RestOperation } from '#apis/kit/operation.ts';
import { orchestrator } from '#apis/orchestrator/api.ts';
import { salesAgent } from '#apis/sales-agent/api.ts';

/**
 * Every API; a further one is a folder and a line here. Of several that own a path the first answers: call-center owns
 * what is left under `/api`, orchestrator what is left at all. `platform`: operations that belong to no API alone; they
 * are served in the dialect of the API that owns their paths.
 */
export const apisOf = (
  platform: readonly RestOperation[],
  ofCampaigns: CampaignsParts | null = null,
): readonly Api[] => [
  salesAgent,
  customerService,
  campaigns(ofCampaigns),
  callCenter,
  { ...orchestrator, operations: [...platform, ...orchestrator.operations] },
];

/** What a server answers that offers no API: health checks and metrics. */
export function healthAlone(operations: readonly RestOperation[]): readonly Api[] {
  const { eventSockets: _, asyncApi: __, ...api } = orchestrator;
  return [{ ...api, openOnLoopback: true, operations }];
}
