import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { api, apiWithVersion, type ReplyOf } from '@/api/client.ts';
import { may, type Role } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { useAddress } from '@/design/address.ts';
import { Button } from '@/design/button.tsx';
import { EditDialog } from '@/design/edit-dialog.tsx';
import { SelectField, TextField } from '@/design/field.tsx';
import { List, type Column } from '@/design/list-page.tsx';
import { Page } from '@/design/page.tsx';
import { MakeDialog } from '@/design/make-dialog.tsx';
import { ConflictDialog, FormBar, useRecordForm, type Loaded } from '@/design/record-form.tsx';
import { Empty } from '@/design/states.tsx';
import { Status } from '@/design/status.tsx';
import { Tabs, usePart } from '@/design/tabs.tsx';
import { useKeep } from './keep.ts';
import { Keys } from './keys.tsx';

type Listed = ReplyOf<'GET /api/users'>['data'][number];

export const ROLES: readonly (readonly [Role, string])[] = [
  ['admin', 'Administrator: everything'],
  ['manager', 'Manager: all but users and settings'],
  ['agent', 'Agent: own calls and the desk'],
  ['viewer', 'Viewer: reads'],
];

export function UsersPage(): ReactNode {
  const user = useUser();
  const part = usePart('users');
  const [adding, setAdding] = useState(false);
  const mayEdit = may(user, 'manage-users');
  return (
    <Page
      title="Users and keys"
      actions={
        mayEdit && part === 'users' ? (
          <Button look="main" onClick={() => setAdding(true)}>
            Add a user
          </Button>
        ) : null
      }
    >
      {may(user, 'manage-keys') && (
        <Tabs
          label="Users and keys"
          parts={[
            ['users', 'Users'],
            ['keys', 'API keys'],
          ]}
        />
      )}
      {part === 'keys' ? <Keys /> : <Users mayEdit={mayEdit} adding={adding} close={() => setAdding(false)} />}
    </Page>
  );
}

function Users({
  mayEdit,
  adding,
  close,
}: {
  readonly mayEdit: boolean;
  readonly adding: boolean;
  readonly close: () => void;
}): ReactNode {
  const queries = useQueryClient();
  const [search, setSearch] = useAddress();
  const [editing, setEditing] = useState<string | null>(null);
  const again = () => void queries.invalidateQueries({ queryKey: ['users'] });
  const columns: readonly Column<Listed>[] = [
    { title: 'Name', cell: ({ name }) => name },
    { title: 'E-mail', wide: true, cell: ({ email }) => email },
    { title: 'Role', cell: ({ role }) => ROLES.find(([one]) => one === role)?.[1].split(':')[0] },
    {
      title: 'State',
      cell: ({ status }) => (
        <Status tone={status === 'active' ? 'agent' : 'plain'}>
          {status === 'active' ? 'Active' : 'Switched off'}
        </Status>
      ),
    },
    {
      title: 'Change',
      align: 'right',
      cell: ({ user_id: id }) =>
        mayEdit && (
          <Button look="quiet" onClick={() => setEditing(id)}>
            Edit
          </Button>
        ),
    },
  ];
  const query = { limit: '100', search: search['search'] };
  return (
    <>
      <div className="flex flex-wrap items-end gap-3 px-6 py-3 max-md:px-4">
        <TextField
          label="Name or e-mail"
          type="search"
          value={search['search'] ?? ''}
          onChange={(event) => setSearch({ search: event.target.value })}
        />
      </div>
      <List
        queryKey={['users', query]}
        load={async (cursor, signal) => {
          const page = await api('GET /api/users', { query: { ...query, page: cursor ?? '1' } as never }, { signal });
          const { has_next: more, page: at, total } = page.pagination;
          return { rows: page.data, next: more ? String(at + 1) : null, total };
        }}
        idOf={({ user_id: id }) => id}
        columns={columns}
        empty={<Empty title="No user is like this">Clear the search above.</Empty>}
      />
      {adding && <AddUser onClose={close} done={again} />}
      {editing !== null && <EditUser id={editing} onClose={() => setEditing(null)} done={again} />}
    </>
  );
}

interface DialogProps {
  readonly onClose: () => void;
  readonly done: () => void;
}

function AddUser({ onClose, done }: DialogProps): ReactNode {
  const [fields, setFields] = useState({ name: '', email: '', password: '', role: 'manager' as Role });
  const set = (name: keyof typeof fields) => (event: { readonly target: { readonly value: string } }) =>
    setFields((before) => ({ ...before, [name]: event.target.value }));
  const make = async () => {
    await api('POST /api/users', { body: fields });
    done();
  };
  return (
    <MakeDialog title="Add a user" action="Add" onClose={onClose} make={make}>
      {(errors) => (
        <>
          <TextField label="Name" required value={fields.name} error={errors['name']} onChange={set('name')} />
          <TextField
            label="E-mail"
            type="email"
            required
            value={fields.email}
            error={errors['email']}
            onChange={set('email')}
          />
          <SelectField label="Role" value={fields.role} onChange={set('role')} options={ROLES} />
          <TextField
            label="First password"
            type="password"
            autoComplete="new-password"
            required
            value={fields.password}
            error={errors['password']}
            onChange={set('password')}
          />
        </>
      )}
    </MakeDialog>
  );
}

interface UserValues {
  readonly name: string;
  readonly role: Role;
  readonly status: 'active' | 'inactive';
  readonly phone_number: string;
  readonly answer_by: 'browser' | 'phone';
}

const LABELS = {
  name: 'Name',
  role: 'Role',
  status: 'State',
  phone_number: 'Telephone',
  answer_by: 'Answers calls',
} as const;

const valuesOf = (user: Listed): UserValues => ({
  name: user.name,
  role: user.role,
  status: user.status,
  phone_number: user.phone_number ?? '',
  answer_by: user.answer_by ?? 'browser',
});

async function readUser(id: string): Promise<Loaded<UserValues>> {
  const { body, version } = await apiWithVersion('GET /api/users/:user_id', { params: { user_id: id } });
  return { values: valuesOf(body.data), version };
}

function EditUser({ id, onClose, done }: DialogProps & { readonly id: string }): ReactNode {
  return (
    <EditDialog title="User" queryKey={['user', id]} read={() => readUser(id)} onClose={onClose}>
      {(loaded) => <UserForm id={id} loaded={loaded} done={done} />}
    </EditDialog>
  );
}

function UserForm({
  id,
  loaded,
  done,
}: {
  readonly id: string;
  readonly loaded: Loaded<UserValues>;
  readonly done: () => void;
}): ReactNode {
  const keep = useKeep<Loaded<UserValues>>(['user', id]);
  const form = useRecordForm({
    loaded,
    save: async ({ phone_number: phone, ...changes }, version) => {
      const body = { ...changes, ...(phone === undefined ? {} : { phone_number: phone || null }) };
      const saved = await apiWithVersion(
        'PUT /api/users/:user_id',
        { params: { user_id: id }, body },
        version === null ? {} : { version },
      );
      done();
      return keep({ values: valuesOf(saved.body.data), version: saved.version });
    },
    reload: async () => keep(await readUser(id)),
  });
  const { values, set, errors } = form;
  return (
    <form onSubmit={form.submit} className="flex flex-col gap-3">
      <TextField
        label={LABELS.name}
        value={values.name}
        error={errors['name']}
        onChange={(event) => set('name', event.target.value)}
      />
      <SelectField
        label={LABELS.role}
        value={values.role}
        error={errors['role']}
        options={ROLES}
        onChange={(event) => set('role', event.target.value as Role)}
      />
      <SelectField
        label={LABELS.status}
        value={values.status}
        error={errors['status']}
        options={[
          ['active', 'Active'],
          ['inactive', 'Switched off: signed out at once'],
        ]}
        onChange={(event) => set('status', event.target.value as UserValues['status'])}
      />
      {values.role === 'agent' && (
        <>
          <SelectField
            label={LABELS.answer_by}
            value={values.answer_by}
            options={[
              ['browser', 'In the browser'],
              ['phone', 'At the telephone'],
            ]}
            onChange={(event) => set('answer_by', event.target.value as UserValues['answer_by'])}
          />
          <TextField
            label={LABELS.phone_number}
            type="tel"
            value={values.phone_number}
            error={errors['phone_number']}
            onChange={(event) => set('phone_number', event.target.value)}
          />
        </>
      )}
      <FormBar form={form} />
      <ConflictDialog form={form} labels={LABELS} />
    </form>
  );
}
