interface Answer {
  status: number;
  body: unknown;
}

type Item = Record<string, unknown>;
const KINDS = { SIPInboundTrunk: 'sipTrunkId', SIPOutboundTrunk: 'sipTrunkId', SIPDispatchRule: 'sipDispatchRuleId' };
type Kind = keyof typeof KINDS;

const refusal = (msg: string): Answer => ({ status: 400, body: { code: 'invalid_argument', msg } });
const missing = (what: string): Answer => ({
  status: 404,
  body: { code: 'not_found', msg: `requested sip ${what} does not exist` },
});
const list = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : []);
const pinOf = (rule: Item): string => {
  const [kind] = Object.values(rule['rule'] as Record<string, { pin?: string }>);
  return kind?.pin ?? '';
};

/** SIP trunks and dispatch rules of the fake server, checked as the real one checks them. */
export class FakeSip {
  readonly #items: Record<Kind, Map<string, Item>> = {
    SIPInboundTrunk: new Map(),
    SIPOutboundTrunk: new Map(),
    SIPDispatchRule: new Map(),
  };
  #serial = 0;

  /** Null if the method is not one of these. */
  serve(method: string, asked: Item): Answer | null {
    const [, verb, kind] = /^(List|Create|Update|Delete)(SIP\w+)$/.exec(method) ?? [];
    if (kind === 'SIPTrunk' && verb === 'Delete') return this.#deleteTrunk(String(asked['sipTrunkId']));
    if (verb === undefined || kind === undefined || !(kind in KINDS)) return null;
    const of = kind as Kind;
    if (verb === 'List') return { status: 200, body: { items: [...this.#items[of].values()] } };
    if (verb === 'Create')
      return this.#store(of, null, { ...((asked['trunk'] ?? asked['dispatchRule'] ?? asked) as Item) });
    const id = String(asked[KINDS[of]]);
    if (!this.#items[of].has(id)) return missing(of === 'SIPDispatchRule' ? 'dispatch rule' : 'trunk');
    const body = this.#items[of].get(id);
    if (verb === 'Update')
      return this.#store(of, id, { ...((asked['replace'] ?? { ...body, ...(asked['update'] as Item) }) as Item) });
    this.#items[of].delete(id);
    return { status: 200, body };
  }

  #deleteTrunk(id: string): Answer {
    this.#items.SIPInboundTrunk.delete(id);
    this.#items.SIPOutboundTrunk.delete(id);
    return { status: 200, body: { sipTrunkId: id } };
  }

  #store(kind: Kind, id: string | null, item: Item): Answer {
    const problem = this.#problem(kind, id, item);
    if (problem !== null) return refusal(problem);
    const prefix = kind === 'SIPDispatchRule' ? 'SDR' : 'ST';
    const kept = { ...item, [KINDS[kind]]: id ?? `${prefix}_fake${++this.#serial}` };
    this.#items[kind].set(kept[KINDS[kind]] as string, kept);
    return { status: 200, body: kept };
  }

  #problem(kind: Kind, id: string | null, item: Item): string | null {
    const others = [...this.#items[kind].values()].filter((one) => one[KINDS[kind]] !== id);
    const numbers = list(item['numbers']);
    switch (kind) {
      case 'SIPInboundTrunk':
        if (numbers.length === 0)
          return 'for security, one of the fields must be set: AuthUsername+AuthPassword, AllowedAddresses or Numbers';
        return others.some((one) => list(one['numbers']).some((number) => numbers.includes(number)))
          ? 'Conflicting inbound SIP Trunks: "<new>" and another, using the same number(s)'
          : null;
      case 'SIPOutboundTrunk':
        if (numbers.length === 0) return 'no trunk numbers specified';
        return (item['address'] ?? '') === '' ? 'no outbound address specified' : null;
      case 'SIPDispatchRule': {
        if (item['rule'] === undefined) return 'missing rule';
        const trunks = (rule: Item) => (list(rule['trunkIds']).length === 0 ? [''] : list(rule['trunkIds']));
        return others.some(
          (one) => pinOf(one) === pinOf(item) && trunks(one).some((trunk) => trunks(item).includes(trunk)),
        )
          ? 'Dispatch rule for the same trunk, number, and PIN combination already exists in dispatch rule'
          : null;
      }
    }
  }
}
