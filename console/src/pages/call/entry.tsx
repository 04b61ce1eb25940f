import { useState, type ReactNode } from 'react';
import { IconButton } from '@/design/button.tsx';
import { moment } from '@/design/format.ts';
import { Icon } from '@/design/icons.tsx';
import { toast } from '@/design/toast.ts';
import type { TimelineEntry } from './call-data.ts';

const NAMES = {
  agent: ['Agent', 'text-agent'],
  caller: ['Caller', 'text-caller'],
  tool_call: ['Tool', 'text-muted'],
  tool_result: ['Result', 'text-muted'],
  instruction: ['Supervisor', 'text-person'],
} as const;

/** Kinds of turns in plain words; a plain reply needs none. */
const TURNS: Readonly<Record<string, string>> = {
  first: 'opening',
  silence: 'asks whether the caller is there',
  filler: 'fills a wait',
  farewell: 'goodbye',
};

/** One line of a call: who, when, what, and what is worth knowing about how it came about. */
export function Entry({
  entry,
  onSeek,
  onKeep,
}: {
  readonly entry: TimelineEntry;
  readonly onSeek: (ms: number, play: boolean) => void;
  /** Null where the role may not, or the line answers no caller. */
  readonly onKeep: (() => void) | null;
}): ReactNode {
  const [name, colour] = entry.by_human ? (['Colleague', 'text-person'] as const) : NAMES[entry.kind];
  const link = async () => {
    const address = new URL(location.href);
    address.searchParams.set('t', (entry.start_ms / 1000).toFixed(1));
    await navigator.clipboard.writeText(address.toString());
    toast('The link to this moment is copied');
  };
  return (
    <div className="group grid grid-cols-[60px_60px_minmax(0,1fr)_auto] items-start gap-x-2 py-2 max-md:grid-cols-[56px_minmax(0,1fr)_auto]">
      <button
        type="button"
        onClick={() => onSeek(entry.start_ms, true)}
        aria-label={`Play from ${moment(entry.start_ms)}`}
        className="figures rounded-sm text-left text-small leading-5 text-muted hover:text-ink hover:underline"
      >
        {moment(entry.start_ms)}
      </button>
      <span className={`${colour} max-md:col-start-2 max-md:row-start-1`}>{name}</span>
      <div className="min-w-0 max-md:col-span-2 max-md:col-start-2 max-md:row-start-2">
        <Words entry={entry} />
        <Notes entry={entry} />
        {entry.latency && <Latency latency={entry.latency} />}
      </div>
      <span className="-my-1.5 flex opacity-0 group-hover:opacity-100 focus-within:opacity-100 max-md:col-start-3 max-md:row-start-1">
        {onKeep && <IconButton icon="check" name={`Keep ${moment(entry.start_ms)} as a test`} onClick={onKeep} />}
        <IconButton icon="copy" name={`Copy a link to ${moment(entry.start_ms)}`} onClick={() => void link()} />
      </span>
    </div>
  );
}

function Words({ entry }: { readonly entry: TimelineEntry }): ReactNode {
  if (entry.kind === 'tool_call')
    return (
      <p className="font-mono text-small leading-5 break-words">
        {entry.tool} <span className="text-muted">{JSON.stringify(entry.arguments ?? {})}</span>
      </p>
    );
  if (entry.kind === 'tool_result')
    return <p className="font-mono text-small leading-5 break-words whitespace-pre-wrap text-muted">{entry.text}</p>;
  return (
    <p className="break-words">
      {entry.text}
      {entry.unheard && (
        <>
          {' '}
          <s className="text-muted" title="Never heard: the caller spoke">
            {entry.unheard}
          </s>
        </>
      )}
    </p>
  );
}

function Notes({ entry }: { readonly entry: TimelineEntry }): ReactNode {
  const notes = [
    entry.interrupted && 'interrupted by the caller',
    entry.backchannel && 'said while the agent spoke on',
    entry.written && 'in writing',
    entry.kind === 'instruction' && 'told the agent, unheard by the caller',
    entry.estimated && 'timed by the clock',
    entry.turn && TURNS[entry.turn],
    entry.confidence !== null &&
      entry.confidence < 0.6 &&
      `heard with ${Math.round(entry.confidence * 100)} % confidence`,
    entry.tool_status && entry.kind === 'tool_result' && entry.tool_status !== 'ok' && entry.tool_status,
    ...entry.sources.map((one) => `from ${one.document}${one.heading ? `, ${one.heading}` : ''}`),
  ].filter((note) => typeof note === 'string');
  return notes.length > 0 ? <p className="text-small text-muted">{notes.join(' · ')}</p> : null;
}

const PARTS = [
  ['speech_to_text_ms', 'heard', 'bg-caller'],
  ['language_model_ms', 'thought', 'bg-person'],
  ['text_to_speech_ms', 'voice', 'bg-agent'],
  ['first_audio_ms', 'sent', 'bg-wait'],
] as const;
const LONGEST_MS = 3000;

/** From the caller's last word to the answer: parts that add up to what the caller felt. */
function Latency({ latency }: { readonly latency: NonNullable<TimelineEntry['latency']> }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="pt-1 text-small text-muted">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex w-full items-center gap-2 rounded-sm text-left hover:text-ink"
      >
        <span aria-hidden="true" className="flex h-1.5 w-40 shrink-0 overflow-hidden rounded-sm bg-sunken">
          {PARTS.map(([part, , colour]) => (
            <span
              key={part}
              className={colour}
              style={{ width: `${(latency[part] / Math.max(LONGEST_MS, latency.total_ms)) * 100}%` }}
            />
          ))}
        </span>
        <span className="figures">answered after {Math.round(latency.total_ms)} ms</span>
        <span className={isOpen ? 'rotate-180' : ''}>
          <Icon name="down" size={12} />
        </span>
      </button>
      {isOpen && (
        <dl className="flex flex-wrap gap-x-4 gap-y-1 pt-1">
          {PARTS.map(([part, words, colour]) => (
            <div key={part} className="flex items-center gap-1.5">
              <span aria-hidden="true" className={`size-2 rounded-sm ${colour}`} />
              <dt>{words}</dt>
              <dd className="figures text-ink">{Math.round(latency[part])} ms</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
