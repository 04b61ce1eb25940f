import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { SelectField, TextArea, TextField } from '@/design/field.tsx';
import { ConflictDialog, FormBar, type RecordForm } from '@/design/record-form.tsx';
import { Loading } from '@/design/states.tsx';
import { Status } from '@/design/status.tsx';
import { BUILT_IN, checksOf, LABELS, VARIABLES, type AgentValues } from './draft.ts';

const CodeEditor = lazy(() => import('@/design/code-editor.tsx').then((made) => ({ default: made.CodeEditor })));

export function AgentForm({ form }: { readonly form: RecordForm<AgentValues> }): ReactNode {
  const mayEdit = may(useUser(), 'manage-agents');
  const { values, set, errors } = form;
  const text = (name: 'name' | 'first_message' | 'voicemail_message' | 'model_name' | 'transfer_number') => ({
    label: LABELS[name],
    value: values[name],
    error: errors[name],
    disabled: !mayEdit,
  });
  return (
    <form onSubmit={form.submit} className="flex min-w-0 flex-col gap-4">
      <TextField {...text('name')} onChange={(event) => set('name', event.target.value)} />
      <div className="flex min-w-0 flex-col gap-1">
        <p className="font-medium">{LABELS.system_prompt}</p>
        <Suspense fallback={<Loading rows={4} />}>
          <CodeEditor
            label={LABELS.system_prompt}
            value={values.system_prompt}
            variables={VARIABLES}
            {...(mayEdit ? { onChange: (value: string) => set('system_prompt', value) } : {})}
          />
        </Suspense>
        <p className="text-small text-muted">
          {'Type {{ for a variable. What nothing fills on a call is left out of the sentence.'}
        </p>
      </div>
      <TextArea
        {...text('first_message')}
        rows={2}
        hint="Said as soon as the person answers. Empty: the agent waits to be spoken to."
        onChange={(event) => set('first_message', event.target.value)}
      />
      <TextArea
        {...text('voicemail_message')}
        rows={2}
        hint="Left on an answering machine. Empty: the first message is left."
        onChange={(event) => set('voicemail_message', event.target.value)}
      />
      <div className="grid gap-4 md:grid-cols-2">
        <VoiceField value={values.voice_id} disabled={!mayEdit} onChange={(id) => set('voice_id', id)} />
        <TextField {...text('model_name')} onChange={(event) => set('model_name', event.target.value)} />
        <TextField
          label={LABELS.silence_threshold_sec}
          type="number"
          min={0}
          max={10}
          step={0.05}
          value={values.silence_threshold_sec}
          error={errors['silence_threshold_sec']}
          disabled={!mayEdit}
          onChange={(event) => set('silence_threshold_sec', Number(event.target.value))}
        />
        <TextField
          {...text('transfer_number')}
          type="tel"
          placeholder="+14155550100"
          onChange={(event) => set('transfer_number', event.target.value)}
        />
      </div>
      <fieldset disabled={!mayEdit} className="flex flex-col gap-1.5">
        <legend className="pb-1 font-medium">{LABELS.built_in_tools}</legend>
        {Object.entries(BUILT_IN).map(([name, title]) => (
          <Check
            key={name}
            title={title}
            checked={values.built_in_tools.includes(name)}
            onChange={(on) =>
              set(
                'built_in_tools',
                Object.keys(BUILT_IN).filter((one) => (one === name ? on : values.built_in_tools.includes(one))),
              )
            }
          />
        ))}
        <Check
          title="The person may interrupt it"
          checked={values.interrupt_enabled}
          onChange={(on) => set('interrupt_enabled', on)}
        />
        <Check title="It takes calls" checked={values.is_active} onChange={(on) => set('is_active', on)} />
      </fieldset>
      {errors['is_active'] && (
        <p role="alert" className="text-bad">
          {errors['is_active']}
        </p>
      )}
      {mayEdit && <FormBar form={form} saveLabel="Save draft" />}
      <ConflictDialog form={form} labels={LABELS} />
    </form>
  );
}

function Check({
  title,
  checked,
  onChange,
}: {
  readonly title: string;
  readonly checked: boolean;
  readonly onChange: (on: boolean) => void;
}): ReactNode {
  return (
    <label className="flex min-h-6 items-center gap-2 max-md:min-h-11">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {title}
    </label>
  );
}

const SAMPLE = 'Hello, this is how I sound on the telephone.';

/** The voices that are ready, with a sample of the chosen one. */
function VoiceField({
  value,
  disabled,
  onChange,
}: {
  readonly value: string;
  readonly disabled: boolean;
  readonly onChange: (id: string) => void;
}): ReactNode {
  const voices = useQuery({
    queryKey: ['voices'],
    queryFn: ({ signal }) => api('GET /api/voice/voices', {}, { signal }),
  });
  const [sample, setSample] = useState<string | null>(null);
  const act = useAct();
  const ready = (voices.data?.data.voices ?? []).filter(({ status }) => status === 'ready');
  const options = ready.map((one) => [one.id, `${one.name} · ${one.provider}`] as const);
  const known = ready.some(({ id }) => id === value);
  const play = () =>
    void act.run(async () => {
      const { data } = await api('POST /api/voice/generate', { body: { text: SAMPLE, voice_id: value } });
      setSample(data.audio_url);
    });
  return (
    <div className="flex flex-col gap-1">
      <SelectField
        label={LABELS.voice_id}
        value={value}
        disabled={disabled}
        options={known ? options : [[value, value], ...options]}
        onChange={(event) => {
          setSample(null);
          onChange(event.target.value);
        }}
      />
      {!disabled && (
        <div className="flex flex-wrap items-center gap-2">
          <Button look="quiet" icon="play" busy={act.busy} onClick={play}>
            Hear it
          </Button>
          {sample && (
            <audio
              controls
              autoPlay
              src={new URL(sample, location.origin).pathname + new URL(sample, location.origin).search}
              className="h-8 max-w-full"
            />
          )}
        </div>
      )}
      <Failure act={act} />
    </div>
  );
}

export function Checks({ values }: { readonly values: AgentValues }): ReactNode {
  return (
    <ul className="flex flex-col gap-1.5" aria-label="Checks">
      {checksOf(values).map(({ bad, text }) => (
        <li key={text}>
          <Status tone={bad ? 'wait' : 'agent'}>
            <span className="whitespace-normal">
              {text}
              <span className="sr-only">{bad ? ': not so' : ': so'}</span>
            </span>
          </Status>
        </li>
      ))}
    </ul>
  );
}
