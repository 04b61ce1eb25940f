import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { ApiError } from '@/api/errors.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { Dialog } from '@/design/dialog.tsx';
import { SelectField, TextArea, TextField } from '@/design/field.tsx';
import { hoursOf, WeekHoursField, type WrittenHours } from '@/design/week-hours.tsx';
import { useAgentNames } from '../agent-names.ts';
import type { Trunk } from './trunks.tsx';

const EMPTY = { name: '', trunk: '', agent: '', greeting: '', skills: '', outsideAgent: '', outsideGreeting: '' };

export function AddRule({
  trunks,
  onClose,
  done,
}: {
  readonly trunks: readonly Trunk[];
  readonly onClose: () => void;
  readonly done: () => void;
}): ReactNode {
  const agents = useAgentNames();
  const [fields, setFields] = useState(EMPTY);
  const [isHidden, setHidden] = useState(false);
  const [hours, setHours] = useState<WrittenHours>({});
  const act = useAct();
  const errors = act.failure instanceof ApiError ? act.failure.fields : {};
  const set = (name: keyof typeof fields, value: string) => setFields((before) => ({ ...before, [name]: value }));
  const open = hoursOf(hours);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { name, trunk, agent, greeting, skills, outsideAgent, outsideGreeting } = fields;
    void act.run(async () => {
      await api('POST /api/v1/sip/dispatch-rules', {
        body: {
          name,
          trunk_ids: trunk ? [trunk] : [],
          hide_phone_number: isHidden,
          skills: skills
            .split(',')
            .map((one) => one.trim())
            .filter(Boolean),
          ...(agent ? { agent_id: agent } : {}),
          ...(greeting.trim() ? { greeting } : {}),
          ...(open ? { opening_hours: open } : {}),
          ...(open && (outsideAgent || outsideGreeting.trim())
            ? {
                outside_hours: {
                  ...(outsideAgent ? { agent_id: outsideAgent } : {}),
                  ...(outsideGreeting.trim() ? { greeting: outsideGreeting } : {}),
                },
              }
            : {}),
        },
      });
      done();
      onClose();
    });
  };
  const agentOptions = [['', 'The agent of the number'], ...agents.options] as const;
  return (
    <Dialog open onClose={onClose} title="Add a rule" description="For calls that come in.">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <TextField
          label="Name"
          required
          value={fields.name}
          error={errors['name']}
          onChange={(event) => set('name', event.target.value)}
        />
        <SelectField
          label="For calls over"
          value={fields.trunk}
          onChange={(event) => set('trunk', event.target.value)}
          options={[['', 'All trunks'], ...trunks.map((one) => [one.trunk_id, one.name] as const)]}
        />
        <SelectField
          label="Answered by"
          value={fields.agent}
          onChange={(event) => set('agent', event.target.value)}
          options={agentOptions}
        />
        <TextArea
          label="Greeting"
          rows={2}
          hint="What the agent says first. Empty: its own first message."
          value={fields.greeting}
          error={errors['greeting']}
          onChange={(event) => set('greeting', event.target.value)}
        />
        <TextField
          label="Skills of people who may take over"
          hint="With commas between them"
          value={fields.skills}
          onChange={(event) => set('skills', event.target.value)}
        />
        <label className="flex items-center gap-2">
          <input type="checkbox" checked={isHidden} onChange={(event) => setHidden(event.target.checked)} />
          Hide the caller’s number from agents
        </label>
        <WeekHoursField
          label="Opening hours"
          hint="In the time zone of the organization. Empty: always open."
          value={hours}
          errorOf={(day) => errors[`opening_hours.${day}`]}
          onChange={setHours}
        />
        {open && (
          <>
            <SelectField
              label="Outside of it answered by"
              value={fields.outsideAgent}
              onChange={(event) => set('outsideAgent', event.target.value)}
              options={agentOptions}
            />
            <TextArea
              label="Outside of it greeted with"
              rows={2}
              value={fields.outsideGreeting}
              onChange={(event) => set('outsideGreeting', event.target.value)}
            />
          </>
        )}
        <Failure act={act} />
        <Button look="main" type="submit" busy={act.busy}>
          Add it
        </Button>
      </form>
    </Dialog>
  );
}
