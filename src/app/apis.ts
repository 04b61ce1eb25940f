import { callCenter } from '#apis/call-center/api.ts';
import { campaigns, type CampaignsParts } from '#apis/campaigns/api.ts';
import { customerService } from '#apis/customer-service/api.ts';
import type { Api } from '#apis/kit/api.ts';
import type { RestOperation } from '#apis/kit/operation.ts';
import { orchestrator } from '#apis/orchestrator/api.ts';
import { platform } from '#apis/platform/api.ts';
import { salesAgent } from '#apis/sales-agent/api.ts';

/**
 * Every API; a further one is a folder and a line here. Of several that own a path the first answers: call-center owns
 * what is left under `/api`, platform what is left at all.
 */
export const apisOf = (
  ofPlatform: readonly RestOperation[],
  ofCampaigns: CampaignsParts | null = null,
): readonly Api[] => [
  salesAgent,
  customerService,
  campaigns(ofCampaigns),
  callCenter,
  orchestrator,
  platform(ofPlatform, orchestrator),
];

/** What a server answers that offers no API: health checks and metrics. */
export const healthAlone = (operations: readonly RestOperation[]): readonly Api[] => [
  { ...platform(operations, orchestrator), openOnLoopback: true },
];
