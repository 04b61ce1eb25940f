import { useState, type ReactNode } from 'react';
import { api, apiWithVersion, type BodyOf, type ReplyOf } from '@/api/client.ts';
import { EditDialog } from '@/design/edit-dialog.tsx';
import { MakeDialog } from '@/design/make-dialog.tsx';
import { ConflictDialog, FormBar, useRecordForm, type Loaded } from '@/design/record-form.tsx';
import { hoursOf, writtenHours } from '@/design/week-hours.tsx';
import { useKeep } from '../keep.ts';
import { NO_OVERFLOW, overflowOf, overflowValues } from './overflow-fields.tsx';
import { RULE_LABELS, RuleFields, type RuleValues } from './rule-fields.tsx';
import type { Trunk } from './trunk-form.tsx';

export type Rule = ReplyOf<'GET /api/v1/sip/dispatch-rules'>[number];

const EMPTY: RuleValues = {
  name: '',
  trunks: [],
  agent: '',
  greeting: '',
  skills: '',
  isHidden: false,
  hours: {},
  outsideAgent: '',
  outsideGreeting: '',
  overflow: NO_OVERFLOW,
  others: {},
};

const agentAndGreeting = (agent: string, greeting: string) => ({
  ...(agent ? { agent_id: agent } : {}),
  ...(greeting.trim() ? { greeting } : {}),
});

function bodyOf(values: RuleValues): BodyOf<'POST /api/v1/sip/dispatch-rules'> {
  const open = hoursOf(values.hours);
  const outside = agentAndGreeting(values.outsideAgent, values.outsideGreeting);
  const overflow = overflowOf(values.overflow);
  return {
    ...values.others,
    name: values.name,
    trunk_ids: [...values.trunks],
    hide_phone_number: values.isHidden,
    skills: values.skills
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean),
    ...agentAndGreeting(values.agent, values.greeting),
    ...(open ? { opening_hours: open } : {}),
    ...(open && Object.keys(outside).length > 0 ? { outside_hours: outside } : {}),
    ...(overflow ? { overflow } : {}),
  };
}

function valuesOf(rule: ReplyOf<'GET /api/v1/sip/dispatch-rules/:rule_id'>): RuleValues {
  const {
    rule_id: _,
    has_pin: __,
    room_pattern: roomPattern,
    name,
    trunk_ids: trunks,
    hide_phone_number: isHidden,
    agent_id: agent,
    greeting,
    skills,
    opening_hours: hours,
    outside_hours: outside,
    overflow,
    ...others
  } = rule;
  return {
    name,
    trunks,
    agent: agent ?? '',
    greeting: greeting ?? '',
    skills: skills?.join(', ') ?? '',
    isHidden,
    hours: hours ? writtenHours(hours) : {},
    outsideAgent: outside?.agent_id ?? '',
    outsideGreeting: outside?.greeting ?? '',
    overflow: overflowValues(overflow),
    others: { ...others, room_name_pattern: roomPattern },
  };
}

interface DialogProps {
  readonly trunks: readonly Trunk[];
  readonly onClose: () => void;
  readonly done: () => void;
}

export function AddRule({ trunks, onClose, done }: DialogProps): ReactNode {
  const [values, setValues] = useState(EMPTY);
  const make = async () => {
    await api('POST /api/v1/sip/dispatch-rules', { body: bodyOf(values) });
    done();
  };
  return (
    <MakeDialog title="Add a rule" description="For calls that come in." action="Add it" onClose={onClose} make={make}>
      {(errors) => (
        <RuleFields
          trunks={trunks}
          values={values}
          errors={errors}
          set={(name, value) => setValues((before) => ({ ...before, [name]: value }))}
        />
      )}
    </MakeDialog>
  );
}

async function readRule(id: string): Promise<Loaded<RuleValues>> {
  const { body, version } = await apiWithVersion('GET /api/v1/sip/dispatch-rules/:rule_id', {
    params: { rule_id: id },
  });
  return { values: valuesOf(body), version };
}

export function EditRule({ rule, onClose, ...rest }: DialogProps & { readonly rule: Rule }): ReactNode {
  const { rule_id: id } = rule;
  return (
    <EditDialog title={rule.name} queryKey={['rule', id]} read={() => readRule(id)} onClose={onClose}>
      {(loaded) => <RuleForm id={id} loaded={loaded} {...rest} />}
    </EditDialog>
  );
}

function RuleForm({
  id,
  trunks,
  loaded,
  done,
}: {
  readonly id: string;
  readonly trunks: readonly Trunk[];
  readonly loaded: Loaded<RuleValues>;
  readonly done: () => void;
}): ReactNode {
  const keep = useKeep<Loaded<RuleValues>>(['rule', id]);
  const form = useRecordForm({
    loaded,
    save: async (_, version, values) => {
      const saved = await apiWithVersion(
        'PUT /api/v1/sip/dispatch-rules/:rule_id',
        { params: { rule_id: id }, body: bodyOf(values) },
        version === null ? {} : { version },
      );
      done();
      return keep({ values: valuesOf(saved.body), version: saved.version });
    },
    reload: async () => keep(await readRule(id)),
  });
  return (
    <form onSubmit={form.submit} className="flex flex-col gap-3">
      <RuleFields trunks={trunks} values={form.values} errors={form.errors} set={form.set} />
      <FormBar form={form} />
      <ConflictDialog form={form} labels={RULE_LABELS} />
    </form>
  );
}
