import type { Kysely } from 'kysely';
import type { DispatchRule, Routing } from '#core/routing/dispatch-rule.ts';
import type { RoutingStore } from '#core/routing/routing-store.ts';
import type { SipTrunk } from '#core/routing/sip-trunk.ts';
import type { Database } from './schema.ts';

const trunkRow = (trunk: SipTrunk) => ({
  direction: trunk.direction,
  name: trunk.name,
  address: trunk.address,
  numbers: [...trunk.numbers],
  metadata: JSON.stringify(trunk.metadata),
  at_server: trunk.atServer,
});

const ruleRow = (rule: DispatchRule) => ({
  name: rule.name,
  trunk_ids: [...rule.trunkIds],
  room_pattern: rule.roomPattern,
  hide_phone_number: rule.hidePhoneNumber,
  agent_id: rule.agentId,
  routing: JSON.stringify(rule.routing),
  metadata: JSON.stringify(rule.metadata),
  at_server: rule.atServer,
  has_pin: rule.hasPin,
});

export class PostgresRoutingStore implements RoutingStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async trunks(organizationId: number): Promise<readonly SipTrunk[]> {
    const rows = await this.#db
      .selectFrom('sip_trunks')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      organizationId: row.organization_id,
      direction: row.direction as SipTrunk['direction'],
      name: row.name,
      address: row.address,
      numbers: row.numbers,
      metadata: row.metadata,
      atServer: row.at_server,
      createdAt: row.created_at,
    }));
  }

  async addTrunk(trunk: SipTrunk): Promise<boolean> {
    const { id, organizationId: organization_id, createdAt: created_at } = trunk;
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto('sip_trunks')
      .values({ ...trunkRow(trunk), id, organization_id, created_at })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }

  async updateTrunk(trunk: SipTrunk): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('sip_trunks')
      .set(trunkRow(trunk))
      .where('organization_id', '=', trunk.organizationId)
      .where('id', '=', trunk.id)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  deleteTrunk(organizationId: number, id: string): Promise<boolean> {
    return this.#delete('sip_trunks', organizationId, id);
  }

  async rules(organizationId: number): Promise<readonly DispatchRule[]> {
    const rows = await this.#db
      .selectFrom('dispatch_rules')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      organizationId: row.organization_id,
      name: row.name,
      trunkIds: row.trunk_ids,
      roomPattern: row.room_pattern,
      hidePhoneNumber: row.hide_phone_number,
      agentId: row.agent_id,
      // Rules of before have no overflow.
      routing: { overflow: null, ...(row.routing as Omit<Routing, 'overflow'> & Partial<Routing>) },
      metadata: row.metadata,
      hasPin: row.has_pin,
      atServer: row.at_server,
      createdAt: row.created_at,
    }));
  }

  async addRule(rule: DispatchRule): Promise<boolean> {
    const { id, organizationId: organization_id, createdAt: created_at } = rule;
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto('dispatch_rules')
      .values({ ...ruleRow(rule), id, organization_id, created_at })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }

  async updateRule(rule: DispatchRule): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('dispatch_rules')
      .set(ruleRow(rule))
      .where('organization_id', '=', rule.organizationId)
      .where('id', '=', rule.id)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  deleteRule(organizationId: number, id: string): Promise<boolean> {
    return this.#delete('dispatch_rules', organizationId, id);
  }

  async #delete(table: 'sip_trunks' | 'dispatch_rules', organizationId: number, id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom(table)
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  }
}
