import { autocompletion, completionKeymap, type CompletionContext } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { markdown } from '@codemirror/lang-markdown';
import { linter, type Diagnostic } from '@codemirror/lint';
import { unifiedMergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { useEffect, useRef, type ReactNode } from 'react';

// A chunk of its own: pages load it with `lazy`.

const look = EditorView.theme({
  '&': { backgroundColor: 'var(--surface)', color: 'var(--ink)', fontSize: '14px' },
  '&.cm-focused': { outline: '2px solid var(--act)', outlineOffset: '-1px' },
  '.cm-content': { fontFamily: 'var(--font-mono)', padding: '8px', caretColor: 'var(--ink)', minHeight: '96px' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--select)' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--ink)', border: '1px solid var(--line)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--select)', color: 'var(--ink)' },
  '.cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--select)' },
  '.cm-deletedChunk': { backgroundColor: 'var(--sunken)' },
});

const VARIABLE = /\{\{\s*([\w.]+)\s*\}\}/g;

/** Offers the known variables after `{{`, and marks those that nothing fills. */
function variablesOf(known: readonly string[]): Extension {
  return [
    autocompletion({
      override: [
        (context: CompletionContext) => {
          const typed = context.matchBefore(/\{\{\s*\w*/);
          return typed
            ? {
                from: typed.from + (/^\{\{\s*/.exec(typed.text)?.[0].length ?? 2),
                options: known.map((name) => ({ label: name, apply: `${name}}}` })),
              }
            : null;
        },
      ],
    }),
    linter((view) =>
      [...view.state.doc.toString().matchAll(VARIABLE)].flatMap((found): readonly Diagnostic[] =>
        known.includes(found[1]!)
          ? []
          : [
              {
                from: found.index,
                to: found.index + found[0].length,
                severity: 'warning',
                message: `Nothing fills “${found[1]}” on a call unless the call brings it along.`,
              },
            ],
      ),
    ),
  ];
}

export interface CodeEditorProps {
  /** Read out as the name of the field. */
  readonly label: string;
  readonly value: string;
  readonly onChange?: (value: string) => void;
  readonly language?: 'markdown' | 'json';
  readonly variables?: readonly string[];
  /** Shows `value` as a change of this text. */
  readonly original?: string;
}

export function CodeEditor({
  label,
  value,
  onChange,
  language = 'markdown',
  variables,
  original,
}: CodeEditorProps): ReactNode {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(onChange);
  const first = useRef(value);
  useEffect(() => {
    latest.current = onChange;
  });
  const known = variables?.join(' ');
  useEffect(() => {
    const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
    const editor = new EditorView({
      parent: parent.current!,
      state: EditorState.create({
        doc: view.current?.state.doc.toString() ?? first.current,
        extensions: [
          EditorView.cspNonce.of(nonce),
          look,
          history(),
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label }),
          language === 'json' ? [json(), linter(jsonParseLinter())] : markdown(),
          known === undefined ? [] : variablesOf(known.split(' ').filter(Boolean)),
          original === undefined ? [] : unifiedMergeView({ original, mergeControls: false }),
          latest.current === undefined ? [EditorState.readOnly.of(true), EditorView.editable.of(false)] : [],
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [label, language, known, original]);
  // A text that was set from outside, such as a restored version, replaces what stands there.
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== value)
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={parent} className="overflow-hidden rounded border border-line-strong/70" />;
}
