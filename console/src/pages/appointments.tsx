import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, type ReplyOf } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { useAddress } from '@/design/address.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Confirm, Dialog } from '@/design/dialog.tsx';
import { SelectField, TextField } from '@/design/field.tsx';
import { count } from '@/design/format.ts';
import { Page } from '@/design/page.tsx';
import { Failed, Loading } from '@/design/states.tsx';
import { dayIn, daysOfWeek, shiftDays, weekOf } from './appointments/week.ts';

type Slot = ReplyOf<'GET /api/slots'>['slots'][number];

const KEY = ['slots'];

/** The booked appointments of a week, by the days of the organization. */
export function AppointmentsPage(): ReactNode {
  const user = useUser();
  const mayEdit = may(user, 'manage-people');
  const queries = useQueryClient();
  const [search, setSearch] = useAddress();
  const [isBooking, setBooking] = useState(false);
  const [canceling, setCanceling] = useState<Slot | null>(null);
  const organization = useQuery({
    queryKey: ['organization', user.organization_id],
    queryFn: ({ signal }) =>
      api('GET /api/organizations/:organization_id', { params: { organization_id: user.organization_id } }, { signal }),
  });
  const zone = organization.data?.data.timezone;
  const today = dayIn(zone ?? 'UTC', new Date());
  const monday = weekOf(search['week'] ?? today);
  // A day more at both ends: the days of the zone may begin before and end after those of UTC.
  const query = { from: shiftDays(monday, -1), to: shiftDays(monday, 9) };
  const slots = useQuery({
    queryKey: [...KEY, query],
    queryFn: ({ signal }) => api('GET /api/slots', { query }, { signal }),
    enabled: zone !== undefined,
  });
  const again = () => void queries.invalidateQueries({ queryKey: KEY });
  const days = daysOfWeek(monday);
  return (
    <Page
      title="Appointments"
      actions={
        <>
          <CopyCurl operation="GET /api/slots" input={{ query }} />
          <Button look="quiet" onClick={() => setSearch({ week: shiftDays(monday, -7) })}>
            Earlier
          </Button>
          <Button look="quiet" onClick={() => setSearch({ week: '' })}>
            This week
          </Button>
          <Button look="quiet" onClick={() => setSearch({ week: shiftDays(monday, 7) })}>
            Later
          </Button>
          {mayEdit && (
            <Button look="main" onClick={() => setBooking(true)}>
              Book a time
            </Button>
          )}
        </>
      }
    >
      {organization.isError ? (
        <Failed error={organization.error} retry={() => void organization.refetch()} />
      ) : slots.isError ? (
        <Failed error={slots.error} retry={() => void slots.refetch()} />
      ) : zone === undefined || slots.isPending ? (
        <Loading />
      ) : (
        <Week days={days} today={today} zone={zone} slots={slots.data.slots} cancel={mayEdit ? setCanceling : null} />
      )}
      {isBooking && zone && <BookDialog zone={zone} onClose={() => setBooking(false)} done={again} />}
      <Confirm
        open={canceling !== null}
        onClose={() => setCanceling(null)}
        title={`Cancel the appointment of ${canceling?.name || 'this person'}?`}
        action="Cancel it"
        act={async () => {
          await api('DELETE /api/slots/:slot_id', { params: { slot_id: canceling!.id } });
          again();
        }}
      >
        The time is free again. The person gets no message about it.
      </Confirm>
    </Page>
  );
}

function Week({
  days,
  today,
  zone,
  slots,
  cancel,
}: {
  readonly days: readonly string[];
  readonly today: string;
  readonly zone: string;
  readonly slots: readonly Slot[];
  /** Null where the role may not cancel. */
  readonly cancel: ((slot: Slot) => void) | null;
}): ReactNode {
  const byDay = Map.groupBy(slots, ({ date }) => dayIn(zone, new Date(date)));
  const total = days.reduce((sum, day) => sum + (byDay.get(day)?.length ?? 0), 0);
  const title = new Intl.DateTimeFormat(undefined, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });
  const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', timeZone: zone });
  return (
    <>
      <p role="status" className="px-6 pb-3 text-muted max-md:px-4">
        {total === 0
          ? 'No appointment in this week. Agents enter here what callers agree to.'
          : `${count(total, 'appointment')}.`}{' '}
        <span className="whitespace-nowrap">Times of {zone}.</span>
      </p>
      <div className="grid gap-x-4 gap-y-5 px-6 pb-8 max-md:px-4 md:grid-cols-7">
        {days.map((day) => (
          <section key={day} aria-label={title.format(new Date(day))} className="min-w-0">
            <h2
              aria-current={day === today ? 'date' : undefined}
              className="border-b border-line-strong pb-1.5 font-medium aria-[current]:text-act"
            >
              {title.format(new Date(day))}
            </h2>
            <ul>
              {(byDay.get(day) ?? []).map((slot) => (
                <li key={slot.id} className="flex flex-col items-start border-b border-line py-2">
                  <time dateTime={slot.date} className="figures text-muted">
                    {clock.format(new Date(slot.date))}
                  </time>
                  <span className="max-w-full font-medium break-words">
                    {slot.person_id ? (
                      <Link
                        to="/app/people/$person"
                        params={{ person: slot.person_id }}
                        className="underline-offset-2 hover:underline"
                      >
                        {slot.name || 'Without a name'}
                      </Link>
                    ) : (
                      slot.name || 'Without a name'
                    )}
                  </span>
                  {slot.phone_number && <span className="figures text-muted">{slot.phone_number}</span>}
                  {slot.notes && <span className="max-w-full text-small break-words text-muted">{slot.notes}</span>}
                  {cancel && (
                    <button
                      type="button"
                      onClick={() => cancel(slot)}
                      className="text-small text-muted underline underline-offset-2 hover:text-bad max-md:min-h-11"
                    >
                      Cancel it
                    </button>
                  )}
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </>
  );
}

function BookDialog({
  zone,
  onClose,
  done,
}: {
  readonly zone: string;
  readonly onClose: () => void;
  readonly done: () => void;
}): ReactNode {
  const [name, setName] = useState('');
  const [at, setAt] = useState('');
  const act = useAct();
  const free = useQuery({
    queryKey: [...KEY, 'free'],
    queryFn: ({ signal }) => api('GET /api/slots/free', {}, { signal }),
  });
  const words = new Intl.DateTimeFormat(undefined, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      await api('POST /api/book-slot', { body: { name, date: at || free.data!.free[0]! } });
      done();
      onClose();
    });
  };
  return (
    <Dialog open onClose={onClose} title="Book a time" description={`Free times within opening hours, in ${zone}.`}>
      {free.isError ? (
        <Failed error={free.error} retry={() => void free.refetch()} />
      ) : free.isPending ? (
        <Loading rows={2} />
      ) : free.data.free.length === 0 ? (
        <p>No time is free in the next two weeks.</p>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <TextField label="Name" required value={name} onChange={(event) => setName(event.target.value)} />
          <SelectField
            label="Time"
            value={at}
            onChange={(event) => setAt(event.target.value)}
            options={free.data.free.map((one) => [one, words.format(new Date(one))] as const)}
          />
          <Failure act={act} />
          <Button look="main" type="submit" busy={act.busy}>
            Book it
          </Button>
        </form>
      )}
    </Dialog>
  );
}
