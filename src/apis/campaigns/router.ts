import type { RouterOf } from '../kit/router-type.ts';
import type { PROCEDURES } from './api.ts';

/** The router of this API, for clients: `createTRPCClient<CampaignsRouter>(…)`. */
export type CampaignsRouter = RouterOf<(typeof PROCEDURES)[number]>;
