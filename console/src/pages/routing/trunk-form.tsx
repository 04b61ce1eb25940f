import { useState, type ReactNode } from 'react';
import { api, apiWithVersion, type BodyOf, type ReplyOf } from '@/api/client.ts';
import { EditDialog } from '@/design/edit-dialog.tsx';
import { SelectField, TextField } from '@/design/field.tsx';
import { MakeDialog } from '@/design/make-dialog.tsx';
import { ConflictDialog, FormBar, useRecordForm, type Loaded } from '@/design/record-form.tsx';
import { useKeep } from '../keep.ts';

export type Trunk = ReplyOf<'GET /api/v1/sip/trunks'>['inbound'][number];
type Direction = Trunk['trunk_type'];

export const DIRECTIONS: Readonly<Record<Direction, string>> = {
  inbound: 'Calls that come in',
  outbound: 'Calls that go out',
};

interface TrunkValues {
  readonly name: string;
  readonly direction: Direction;
  /** With commas between them. */
  readonly numbers: string;
  readonly address: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const LABELS = {
  name: 'Name',
  direction: 'For',
  numbers: 'Numbers',
  address: 'Address',
  metadata: 'Metadata',
} as const;

const EMPTY: TrunkValues = { name: '', direction: 'inbound', numbers: '', address: '', metadata: {} };

const bodyOf = ({ name, direction, numbers, address, metadata }: TrunkValues): BodyOf<'POST /api/v1/sip/trunks'> => ({
  name,
  trunk_type: direction,
  numbers: numbers.split(/[\s,]+/).filter(Boolean),
  ...(direction === 'outbound' && address ? { address } : {}),
  metadata,
});

const valuesOf = (trunk: ReplyOf<'GET /api/v1/sip/trunks/:trunk_id'>): TrunkValues => ({
  name: trunk.name,
  direction: trunk.trunk_type,
  numbers: trunk.numbers.join(', '),
  address: trunk.address ?? '',
  metadata: trunk.metadata,
});

interface DialogProps {
  readonly onClose: () => void;
  readonly done: () => void;
}

export function AddTrunk({ onClose, done }: DialogProps): ReactNode {
  const [values, setValues] = useState(EMPTY);
  const make = async () => {
    await api('POST /api/v1/sip/trunks', { body: bodyOf(values) });
    done();
  };
  return (
    <MakeDialog title="Add a trunk" action="Add it" onClose={onClose} make={make}>
      {(errors) => (
        <Fields
          values={values}
          errors={errors}
          set={(name, value) => setValues((before) => ({ ...before, [name]: value }))}
        />
      )}
    </MakeDialog>
  );
}

async function readTrunk(id: string): Promise<Loaded<TrunkValues>> {
  const { body, version } = await apiWithVersion('GET /api/v1/sip/trunks/:trunk_id', { params: { trunk_id: id } });
  return { values: valuesOf(body), version };
}

export function EditTrunk({ trunk, onClose, done }: DialogProps & { readonly trunk: Trunk }): ReactNode {
  const { trunk_id: id } = trunk;
  return (
    <EditDialog title={trunk.name} queryKey={['trunk', id]} read={() => readTrunk(id)} onClose={onClose}>
      {(loaded) => <TrunkForm id={id} loaded={loaded} done={done} />}
    </EditDialog>
  );
}

function TrunkForm({
  id,
  loaded,
  done,
}: {
  readonly id: string;
  readonly loaded: Loaded<TrunkValues>;
  readonly done: () => void;
}): ReactNode {
  const keep = useKeep<Loaded<TrunkValues>>(['trunk', id]);
  const form = useRecordForm({
    loaded,
    save: async (_, version, values) => {
      const saved = await apiWithVersion(
        'PUT /api/v1/sip/trunks/:trunk_id',
        { params: { trunk_id: id }, body: bodyOf(values) },
        version === null ? {} : { version },
      );
      done();
      return keep({ values: valuesOf(saved.body), version: saved.version });
    },
    reload: async () => keep(await readTrunk(id)),
  });
  return (
    <form onSubmit={form.submit} className="flex flex-col gap-3">
      <Fields values={form.values} errors={form.errors} set={form.set} keepsDirection />
      <FormBar form={form} />
      <ConflictDialog form={form} labels={LABELS} />
    </form>
  );
}

function Fields({
  values,
  errors,
  set,
  keepsDirection = false,
}: {
  readonly values: TrunkValues;
  readonly errors: Readonly<Record<string, string>>;
  readonly set: <K extends keyof TrunkValues>(name: K, value: TrunkValues[K]) => void;
  readonly keepsDirection?: boolean;
}): ReactNode {
  return (
    <>
      <TextField
        label={LABELS.name}
        required
        value={values.name}
        error={errors['name']}
        onChange={(event) => set('name', event.target.value)}
      />
      <SelectField
        label={LABELS.direction}
        value={values.direction}
        disabled={keepsDirection}
        onChange={(event) => set('direction', event.target.value as Direction)}
        options={Object.entries(DIRECTIONS)}
      />
      <TextField
        label={LABELS.numbers}
        value={values.numbers}
        error={errors['numbers']}
        hint="With commas between them. Empty: all numbers."
        placeholder="+14155550100"
        onChange={(event) => set('numbers', event.target.value)}
      />
      {values.direction === 'outbound' && (
        <TextField
          label={LABELS.address}
          value={values.address}
          error={errors['address']}
          placeholder="sip.example.com"
          onChange={(event) => set('address', event.target.value)}
        />
      )}
    </>
  );
}
