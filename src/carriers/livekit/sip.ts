import type { SIPDispatchRuleInfo } from 'livekit-server-sdk';
import { CarrierError } from '#contracts/carrier.ts';
import type { SipRuleFields, SipServer, SipTrunkFields } from '#core/kernel/sip-server.ts';
import { unlessGone } from '../kit/http-errors.ts';
import { isGone, type ServerApi } from './server-api.ts';

/** `SIPTransport.SIP_TRANSPORT_AUTO`; the SDK that exports the enum is loaded lazily. */
const TRANSPORT_AUTO = 0;
const PLACEHOLDER = '{call_id}';

type DispatchRule = NonNullable<SIPDispatchRuleInfo['rule']>;

/** The server appends the caller's number and a random part to the prefix. */
const prefixOf = (pattern: string): string => pattern.split(PLACEHOLDER, 1)[0]!;

/** Metadata is any text on the server; what is no JSON object is not ours. */
function metadataOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

const metadataText = (metadata: SipTrunkFields['metadata']): string =>
  Object.keys(metadata).length === 0 ? '' : JSON.stringify(metadata);

function roomPatternOf({ rule }: DispatchRule): string {
  switch (rule.case) {
    case 'dispatchRuleDirect':
      return rule.value.roomName;
    case 'dispatchRuleIndividual':
    case 'dispatchRuleCallee':
      return `${rule.value.roomPrefix}${PLACEHOLDER}`;
    default:
      return PLACEHOLDER;
  }
}

/** SIP trunks and dispatch rules of a LiveKit server. @see https://docs.livekit.io/sip/api/ */
export class LiveKitSip implements SipServer {
  readonly #api: ServerApi;

  constructor(api: ServerApi) {
    this.#api = api;
  }

  async trunks(): ReturnType<SipServer['trunks']> {
    const [inbound, outbound] = await this.#api.ask(({ sip }) =>
      Promise.all([sip.listSipInboundTrunk(), sip.listSipOutboundTrunk()]),
    );
    const shared = (trunk: { sipTrunkId: string; name: string; numbers: string[]; metadata: string }) => ({
      id: trunk.sipTrunkId,
      name: trunk.name,
      numbers: trunk.numbers,
      metadata: metadataOf(trunk.metadata),
    });
    return [
      ...inbound.map((trunk) => ({ ...shared(trunk), direction: 'inbound' as const, address: null })),
      ...outbound.map((trunk) => ({ ...shared(trunk), direction: 'outbound' as const, address: trunk.address })),
    ];
  }

  async createTrunk({ direction, name, address, numbers, metadata }: SipTrunkFields): Promise<string> {
    const more = { metadata: metadataText(metadata) };
    return this.#api.ask(async ({ sip }) => {
      const trunk =
        direction === 'inbound'
          ? await sip.createSipInboundTrunk(name, [...numbers], more)
          : await sip.createSipOutboundTrunk(name, address ?? '', [...numbers], { ...more, transport: TRANSPORT_AUTO });
      return trunk.sipTrunkId;
    });
  }

  /** The whole trunk is sent back, because the SDK cannot change the address alone. */
  async updateTrunk(id: string, { direction, name, address, numbers, metadata }: SipTrunkFields): Promise<void> {
    const change = { name, numbers: [...numbers], metadata: metadataText(metadata) };
    await this.#api.ask(async ({ sip }) => {
      if (direction === 'inbound') {
        const trunk = needed((await sip.listSipInboundTrunk()).find((one) => one.sipTrunkId === id));
        await sip.updateSipInboundTrunk(id, Object.assign(trunk, change));
      } else {
        const trunk = needed((await sip.listSipOutboundTrunk()).find((one) => one.sipTrunkId === id));
        await sip.updateSipOutboundTrunk(id, Object.assign(trunk, change, { address: address ?? '' }));
      }
    });
  }

  async deleteTrunk(id: string): Promise<void> {
    await unlessGone(
      this.#api.ask(({ sip }) => sip.deleteSipTrunk(id)),
      isGone,
    );
  }

  async rules(): ReturnType<SipServer['rules']> {
    const rules = await this.#api.ask(({ sip }) => sip.listSipDispatchRule());
    return rules.flatMap((info) => {
      const { rule } = info;
      if (!rule) return [];
      const pin = rule.rule.value?.pin ?? '';
      return [
        {
          id: info.sipDispatchRuleId,
          name: info.name,
          trunkIds: info.trunkIds,
          roomPattern: roomPatternOf(rule),
          hidePhoneNumber: info.hidePhoneNumber,
          pin: pin === '' ? null : pin,
          metadata: metadataOf(info.metadata),
        },
      ];
    });
  }

  async createRule({ name, trunkIds, roomPattern, hidePhoneNumber, pin, metadata }: SipRuleFields): Promise<string> {
    // A room of its own for each call: two callers in one room would hear each other.
    const rule = { type: 'individual' as const, roomPrefix: prefixOf(roomPattern), pin: pin ?? '' };
    const more = { name, trunkIds: [...trunkIds], hidePhoneNumber, metadata: metadataText(metadata) };
    const { sipDispatchRuleId } = await this.#api.ask(({ sip }) => sip.createSipDispatchRule(rule, more));
    return sipDispatchRuleId;
  }

  async updateRule(id: string, fields: SipRuleFields): Promise<void> {
    const { name, trunkIds, roomPattern, hidePhoneNumber, pin, metadata } = fields;
    const { SIPDispatchRule, SIPDispatchRuleIndividual } = await import('livekit-server-sdk');
    await this.#api.ask(async ({ sip }) => {
      const info = needed((await sip.listSipDispatchRule()).find((one) => one.sipDispatchRuleId === id));
      const value = new SIPDispatchRuleIndividual({ roomPrefix: prefixOf(roomPattern), pin: pin ?? '' });
      Object.assign(info, {
        name,
        trunkIds: [...trunkIds],
        hidePhoneNumber,
        metadata: metadataText(metadata),
        rule: new SIPDispatchRule({ rule: { case: 'dispatchRuleIndividual', value } }),
      });
      await sip.updateSipDispatchRule(id, info);
    });
  }

  async deleteRule(id: string): Promise<void> {
    await unlessGone(
      this.#api.ask(({ sip }) => sip.deleteSipDispatchRule(id)),
      isGone,
    );
  }

  prefixOf(roomPattern: string): string {
    return prefixOf(roomPattern);
  }
}

function needed<T>(found: T | undefined): T {
  if (found === undefined) throw new CarrierError('refused', 'it does not exist on the server');
  return found;
}
