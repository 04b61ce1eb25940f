import type { ReactNode } from 'react';
import type { ReplyOf } from '@/api/client.ts';
import { Table } from '@/design/facts.tsx';
import { SelectField, TextField } from '@/design/field.tsx';

type Upload = ReplyOf<'POST /api/campaigns/:campaign_id/leads'>['data'];
export type DryRun = Exclude<Upload, { readonly import_id: string }>;
export type ListColumn = DryRun['columns'][number];

/** What columns become, by their names. A column without an entry is recognized by the server. */
export type Mapping = Readonly<Record<string, string>>;

const VARIABLE = 'variable';
/** What a column can be; any other becomes a variable of the call. */
const FIELDS = [
  ['phone_number', 'Telephone number'],
  ['name', 'Name'],
  ['first_name', 'First name'],
  ['last_name', 'Last name'],
  ['email', 'E-mail'],
  ['postal_code', 'Postal code'],
  ['region', 'Region'],
  ['country', 'Country'],
  ['time_zone', 'Time zone'],
  ['consent', 'Agreed to be called'],
  ['consent_source', 'Where they agreed'],
  ['do_not_call', 'Not to be called'],
  ['priority', 'Priority'],
  ['skip', 'Not taken in'],
] as const;

/** The columns of the file with what each one becomes and its first values. */
export function Columns({
  columns,
  mapping,
  setMapping,
}: {
  readonly columns: readonly ListColumn[];
  readonly mapping: Mapping;
  readonly setMapping: (mapping: Mapping) => void;
}): ReactNode {
  const choose = (column: string, becomes: string) => {
    const { [column]: _, ...others } = mapping;
    setMapping(becomes === VARIABLE ? others : { ...others, [column]: becomes });
  };
  return (
    <Table
      label="Columns of the file"
      head={['Column', 'Is', 'For example']}
      rows={columns.map(({ column, field, samples }) => ({
        key: column,
        cells: [
          column,
          <SelectField
            key="is"
            label={`What ${column} is`}
            hideLabel
            value={mapping[column] ?? field ?? VARIABLE}
            onChange={(event) => choose(column, event.target.value)}
            options={[
              // What the server recognizes goes by its name; a variable cannot have it.
              ...(field === null || mapping[column] !== undefined ? [[VARIABLE, 'As its name says'] as const] : []),
              ...FIELDS,
            ]}
          />,
          <span key="of" className="block max-w-80 truncate text-muted" title={samples.join(', ')}>
            {samples.join(' · ')}
          </span>,
        ],
      }))}
    />
  );
}

/** For a list in which no column was recognized as the telephone number. */
export function NumberColumn({
  mapping,
  setMapping,
}: {
  readonly mapping: Mapping;
  readonly setMapping: (mapping: Mapping) => void;
}): ReactNode {
  const [column = ''] = Object.entries(mapping).find(([, field]) => field === 'phone_number') ?? [];
  return (
    <TextField
      label="Column of the telephone numbers"
      value={column}
      placeholder="Recognized by its name"
      onChange={({ target }) => setMapping(target.value.trim() === '' ? {} : { [target.value]: 'phone_number' })}
    />
  );
}
