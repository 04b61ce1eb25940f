/** What an organization has; one of the APIs allows more requests with more of it. */
export const PLANS = ['standard', 'professional', 'enterprise'] as const;
export type Plan = (typeof PLANS)[number];
