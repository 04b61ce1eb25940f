import { createHash } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { livekitWith } from '#carriers/livekit/manifest.ts';
import { FakeSip } from './livekit-sip.ts';
import { FakeCarrier, type FakeCall, type Happening, type Reply, type Sent } from './fake-carrier.ts';

const KEY = 'APIofTheTests';
const SECRET = 'the-api-secret-of-the-livekit-tests';
const TRUNK = 'ST_outbound';

interface Claims {
  readonly video?: Readonly<Record<string, unknown>>;
  readonly sip?: Readonly<Record<string, unknown>>;
}

type Answer = { status: number; body: unknown };

/** The carrier without media: its rooms are joined by no participant. */
export const livekitWithoutMedia = livekitWith(() => Promise.resolve({ leave: () => undefined }));

/** The server's API, with the grants that each request needs; its webhooks are signed as they are sent. */
export class FakeLiveKit extends FakeCarrier {
  readonly key = KEY;
  readonly secret = SECRET;
  readonly sip = new FakeSip();
  /** A method of the SIP service that is carried out, and whose answer is lost. */
  loses: string | null = null;
  /** What was asked to be recorded. */
  readonly egresses: Readonly<Record<string, unknown>>[] = [];
  /** Rooms that stand beside those of calls. */
  readonly rooms = new Map<string, Date>();

  get environment(): Readonly<Record<string, string>> {
    return {
      LIVEKIT_URL: this.url,
      LIVEKIT_API_KEY: KEY,
      LIVEKIT_API_SECRET: SECRET,
      LIVEKIT_SIP_TRUNK_ID: TRUNK,
    };
  }

  static authorization(body: string, more: { secret?: string; at?: Date; key?: string } = {}): Promise<string> {
    const at = Math.floor((more.at ?? new Date()).getTime() / 1000);
    return new SignJWT({ sha256: createHash('sha256').update(body).digest('base64') })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(more.key ?? KEY)
      .setNotBefore(at)
      .setExpirationTime(at + 300)
      .sign(new TextEncoder().encode(more.secret ?? SECRET));
  }

  protected async serve({ path, headers, body }: Parameters<FakeCarrier['serve']>[0]): Promise<Answer> {
    const token = headers.authorization?.replace('Bearer ', '') ?? '';
    const claims = await jwtVerify(token, new TextEncoder().encode(SECRET), { issuer: KEY }).then(
      ({ payload }) => payload as Claims,
      () => null,
    );
    if (!claims) return { status: 401, body: this.problem(401) };
    const method = path.replace('/twirp/livekit.', '');
    const asked = JSON.parse(body) as Readonly<Record<string, string>>;
    const room = asked['room'] ?? asked['roomName'] ?? '';
    const call = this.calls.find((one) => one.id === room && !one.ended);
    const gone = { status: 404, body: { code: 'not_found', msg: 'requested room does not exist' } };
    const { video = {}, sip = {} } = claims;
    const isAdmin = video['roomAdmin'] === true && video['room'] === room;
    const denied = { status: 403, body: { code: 'permission_denied', msg: 'permissions denied' } };
    const kept = method.startsWith('SIP/') ? this.sip.serve(method.slice(4), asked) : null;
    if (kept) {
      if (sip['admin'] !== true) return denied;
      if (method === `SIP/${this.loses}`) this.fault = 'breaks';
      return kept;
    }
    switch (method) {
      case 'RoomService/ListRooms':
        return video['roomList'] === true ? { status: 200, body: { rooms: this.#rooms() } } : denied;
      case 'RoomService/ListParticipants':
        if (!isAdmin) return denied;
        if (!call) return gone;
        return { status: 200, body: { participants: [{ identity: 'phone', kind: 'SIP' }] } };
      case 'RoomService/DeleteRoom':
        if (video['roomCreate'] !== true) return denied;
        if (this.rooms.delete(room)) return { status: 200, body: {} };
        if (!call) return gone;
        call.ended = true;
        return { status: 200, body: {} };
      case 'SIP/CreateSIPParticipant':
        return sip['call'] === true ? this.#dial(asked) : denied;
      case 'Egress/StartRoomCompositeEgress':
        if (video['roomRecord'] !== true) return denied;
        if (!call) return gone;
        this.egresses.push(asked);
        return { status: 200, body: { egressId: 'EG_1', roomName: room } };
      case 'SIP/TransferSIPParticipant':
        if (sip['call'] !== true || !isAdmin) return denied;
        if (!call || asked['participantIdentity'] !== 'phone') return gone;
        call.transferredTo = asked['transferTo']!;
        return { status: 200, body: {} };
      default:
        return { status: 404, body: { code: 'bad_route', msg: `no handler for path ${path}` } };
    }
  }

  #rooms(): unknown[] {
    return [...this.rooms].map(([name, at]) => ({ name, creationTime: String(Math.floor(at.getTime() / 1000)) }));
  }

  /** A signed event of a room, beside those of its telephone. */
  event(url: string, body: Readonly<Record<string, unknown>>): Sent {
    return {
      url,
      headers: { 'content-type': 'application/webhook+json' },
      body: JSON.stringify({ id: `EV_${Math.random().toString(36).slice(2)}`, ...body }),
    };
  }

  #dial(asked: Readonly<Record<string, string>>): Answer {
    this.dials++;
    if (asked['sipTrunkId'] !== TRUNK) return { status: 404, body: { code: 'not_found', msg: 'trunk not found' } };
    if (this.fault === 'refuses')
      return { status: 400, body: { code: 'invalid_argument', msg: 'the number to call is not valid' } };
    this.add({
      id: asked['roomName']!,
      to: asked['sipCallTo']!,
      from: asked['sipNumber'] ?? '',
      direction: 'outbound',
      asked,
      answerUrl: null,
      eventUrl: null,
    });
    return { status: 200, body: { participantId: 'PA_1', participantIdentity: 'phone', roomName: asked['roomName'] } };
  }

  webhook(call: FakeCall, what: Happening): Sent {
    const joined = what === 'ringing' || what === 'answered';
    const reasons: Readonly<Record<string, string>> = {
      busy: 'USER_REJECTED',
      'no-answer': 'USER_UNAVAILABLE',
      failed: 'SIP_TRUNK_FAILURE',
    };
    return {
      url: call.eventUrl!,
      headers: { 'content-type': 'application/webhook+json' },
      body: JSON.stringify({
        event: joined ? 'participant_joined' : 'participant_left',
        room: { sid: 'RM_1', name: call.id },
        participant: {
          sid: 'PA_1',
          identity: 'phone',
          kind: 'SIP',
          attributes: {
            'sip.callStatus': what === 'ringing' ? 'ringing' : joined ? 'active' : 'hangup',
            'sip.phoneNumber': call.direction === 'inbound' ? call.from : call.to,
            'sip.trunkPhoneNumber': call.direction === 'inbound' ? call.to : call.from,
          },
          ...(reasons[what] === undefined ? {} : { disconnectReason: reasons[what] }),
        },
        id: `EV_${Math.random().toString(36).slice(2)}`,
        createdAt: String(Math.floor(Date.now() / 1000)),
      }),
    };
  }

  /** Signed when it is sent; one that shows a token already is sent as it is. */
  override async send(sent: Sent): Promise<Reply> {
    if ('authorization' in sent.headers) return super.send(sent);
    return super.send({
      ...sent,
      headers: { ...sent.headers, authorization: await FakeLiveKit.authorization(sent.body) },
    });
  }

  async announce(url: string, from: string, to: string): Promise<FakeCall> {
    const id = `call-_${from}_${Math.random().toString(36).slice(2, 14)}`;
    const call = this.add({ id, to, from, direction: 'inbound', asked: {}, answerUrl: url, eventUrl: url });
    await this.tell(call, 'ringing');
    return call;
  }

  protected problem(status: number): unknown {
    return status === 401
      ? { code: 'unauthenticated', msg: 'invalid token' }
      : { code: 'resource_exhausted', msg: 'too many requests' };
  }
}
