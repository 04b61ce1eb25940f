import { AppError, notFound } from '#core/kernel/errors.ts';
import type { SipServer } from '#core/kernel/sip-server.ts';
import { CarrierError } from '#contracts/carrier.ts';

/** A carrier's SIP server whose failures are errors of the API. `name`: the carrier's, for messages. */
export function sipServerOf(server: SipServer, name: string): SipServer {
  const ask = async <T>(what: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof CarrierError)) throw error;
      const message = `Failed to ${what} on the ${name} server: ${error.message}`;
      if (error.kind === 'refused' && /does not exist/.test(error.message)) throw notFound('Record', message);
      if (error.kind === 'refused') throw new AppError('invalid-input', message);
      throw new AppError('upstream-failed', `${message}. Nothing was changed here; try again.`);
    }
  };
  return {
    trunks: () => ask('list trunks', server.trunks()),
    createTrunk: (fields) => ask('create the trunk', server.createTrunk(fields)),
    updateTrunk: (id, fields) => ask('update the trunk', server.updateTrunk(id, fields)),
    deleteTrunk: (id) => ask('delete the trunk', server.deleteTrunk(id)),
    rules: () => ask('list dispatch rules', server.rules()),
    createRule: (fields) => ask('create the dispatch rule', server.createRule(fields)),
    updateRule: (id, fields) => ask('update the dispatch rule', server.updateRule(id, fields)),
    deleteRule: (id) => ask('delete the dispatch rule', server.deleteRule(id)),
    prefixOf: (pattern) => server.prefixOf(pattern),
  };
}
