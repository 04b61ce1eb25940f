const DEEPEST = 1000;
/** Tags that may stay open. */
const UNCLOSED = new Set(
  'html head body p li tr td th dt dd thead tbody tfoot option optgroup colgroup col br hr img input link meta source track wbr param area base embed'.split(
    ' ',
  ),
);
const SKIPPED = new Set(['script', 'style', 'svg']);

/**
 * Refuses a page whose tags are nested too deeply: each open tag costs a parser more the deeper it lies. @throws Error
 */
export function boundNesting(html: string): void {
  const tags = /<(\/?)([a-z][a-z0-9]*)/gi;
  let depth = 0;
  for (let match = tags.exec(html); match; match = tags.exec(html)) {
    const tag = match[2]!.toLowerCase();
    if (UNCLOSED.has(tag)) continue;
    if (match[1] === '/') depth = Math.max(0, depth - 1);
    else if (++depth > DEEPEST) throw new Error(`its tags are nested more than ${DEEPEST} deep`);
    if (match[1] !== '' || !SKIPPED.has(tag)) continue;
    const end = html.indexOf(`</${tag}`, tags.lastIndex);
    if (end < 0) return;
    tags.lastIndex = end;
  }
}
