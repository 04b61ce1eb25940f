import type { ModelPart, ModelRequest } from '#engine/contracts/language-model.ts';
import { AnsweringModel } from './answering-model.ts';

/** What a scripted model says, or does. */
export type Line =
  | string
  | { readonly tool: string; readonly args?: Readonly<Record<string, string>>; readonly say?: string };

/** A language model that follows a script: says its first unsaid line, then goodbye; repeats tool results unchanged. */
export class ScriptedModel extends AnsweringModel {
  readonly id = 'scripted';
  readonly requests: ModelRequest[] = [];
  readonly #lines: readonly Line[];

  constructor(lines: readonly Line[]) {
    super();
    this.#lines = lines;
  }

  override generate(request: ModelRequest, onPart: (part: ModelPart) => void): { abort(): void } {
    this.requests.push(request);
    return super.generate(request, onPart);
  }

  protected answer({ messages }: ModelRequest): readonly ModelPart[] {
    const last = messages.at(-1);
    if (last?.role === 'tool-result') return [{ type: 'text', text: `The answer is: ${last.output}` }];
    const done = (line: Line) =>
      typeof line === 'string'
        ? messages.some((one) => one.role === 'agent' && one.text === line)
        : messages.some(
            (one) =>
              one.role === 'tool-call' &&
              one.name === line.tool &&
              JSON.stringify(one.args) === JSON.stringify(line.args ?? {}),
          );
    const line = this.#lines.find((one) => !done(one)) ?? { tool: 'end_call', say: 'Goodbye.' };
    if (typeof line === 'string') return [{ type: 'text', text: line }];
    return [
      ...(line.say === undefined ? [] : [{ type: 'text', text: line.say } as const]),
      { type: 'tool-call', name: line.tool, args: line.args ?? {} },
    ];
  }
}
