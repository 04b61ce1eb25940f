import { createHash } from 'node:crypto';
import type { ApiDocuments } from '#apis/kit/api-documents.ts';
import type { AsyncApi } from '#apis/kit/asyncapi.ts';
import type { Content, Described, OpenApi, Parameter } from '#apis/kit/openapi.ts';

export const STYLE = `
:root{color-scheme:light dark;--fg:#1c1c1a;--bg:#fbfbfa;--muted:#5f5f5a;--line:#d8d7d2;--soft:#f0efec;--link:#0b5c8a}
@media(prefers-color-scheme:dark){
:root{--fg:#eceae4;--bg:#161615;--muted:#a5a299;--line:#3a3935;--soft:#21211f;--link:#7cc4ee}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
a{color:var(--link)}
.layout{display:grid;grid-template-columns:18rem minmax(0,1fr);max-width:80rem;margin:0 auto}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem 1rem;border-right:1px solid var(--line)}
nav ul{list-style:none;margin:.25rem 0 1rem;padding:0;font-size:.9rem}
nav a{display:block;padding:.15rem 0;text-decoration:none}
main{padding:1.5rem 2rem;min-width:0}
h2{margin-top:3rem;border-bottom:1px solid var(--line)}
h3{margin:2rem 0 .25rem}
code,pre{font:.85rem/1.45 ui-monospace,monospace}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.75rem;overflow:auto;max-height:30rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td code{overflow-wrap:anywhere}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}
.muted{color:var(--muted)}
.method{font-weight:600}
summary{cursor:pointer;margin:.5rem 0}
@media(max-width:50rem){.layout{display:block}nav{position:static;height:auto;border:0}main{padding:1rem}}
`;
export const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const code = (text: string): string => `<code>${escape(text)}</code>`;
const block = (text: string): string => `<pre tabindex="0"><code>${escape(text)}</code></pre>`;
const json = (value: unknown): string => block(JSON.stringify(value, null, 2));
const anchor = (name: string): string => name.replace(/[^\w.-]/g, '_');

const page = (title: string, navigation: string, main: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style></style>
</head>
<body>
<div class="layout">
<nav aria-label="Contents">${navigation}</nav>
<main>
<h1>${escape(title)}</h1>
${main}
</main>
</div>
</body>
</html>
`;

const HOME = '<p><a href="/docs">All APIs</a></p>';

/** The list of the APIs. */
export function indexPage(documents: ApiDocuments): string {
  const rows = documents.names.map((name) => {
    const document = documents.openApi(name)!;
    const count = Object.values(document.paths).flatMap((path) => Object.keys(path)).length;
    const sockets = documents.asyncApi(name)
      ? `<a href="/docs/${name}/sockets">sockets</a> (<a href="/docs/${name}/asyncapi">AsyncAPI</a>)`
      : '';
    return `<tr><th scope="row"><a href="/docs/${name}/reference">${escape(document.info.title)}</a></th>
<td>${code(name)}</td><td>${count} operations</td><td><a href="/docs/${name}">OpenAPI</a></td><td>${sockets}</td></tr>`;
  });
  const intro = '<p>Every API is served on every port, over the same records. One key opens all of them.</p>';
  return page(
    'APIs of Trunkline',
    '<p><a href="/">Console</a></p>',
    `${intro}\n<table><tbody>${rows.join('')}</tbody></table>`,
  );
}

interface Operation {
  readonly path: string;
  readonly method: string;
  readonly described: Described;
}

/** The operations of an API, by tag. */
export function referencePage(name: string, document: OpenApi): string {
  const operations: readonly Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ path, method: method.toUpperCase(), described })),
  );
  const byTag = Map.groupBy(operations, ({ described }) => described.tags[0]!);
  const tags = document.tags.map((tag) => [tag.name, byTag.get(tag.name) ?? []] as const);
  const navigation = tags.map(([tag, of]) => `<b>${escape(tag)}</b>${contents(of.map(({ described }) => described))}`);
  const sections = tags.map(
    ([tag, of]) => `<h2>${escape(tag)}</h2>${of.map((one) => operationSection(one, document)).join('')}`,
  );
  const machine = `<p>For machines: <a href="/docs/${name}">OpenAPI</a>.</p>`;
  return page(document.info.title, HOME + navigation.join(''), `${machine}${CREDENTIALS}${sections.join('')}`);
}

const CREDENTIALS = `<p>A request shows an API key or an access token as <code>Authorization: Bearer …</code>,
<code>xi-api-key</code> or <code>X-API-Key</code>. <code>$TRUNKLINE_URL</code> is the address of this server,
<code>$TRUNKLINE_API_KEY</code> a key.</p>`;

const contents = (of: readonly Described[]): string =>
  `<ul>${of.map((one) => `<li><a href="#${anchor(one.operationId)}">${escape(one.summary)}</a></li>`).join('')}</ul>`;

function operationSection({ path, method, described }: Operation, document: OpenApi): string {
  const { operationId, summary, parameters = [], requestBody, responses } = described;
  const open = described.security.length === 0 ? '<p class="muted">Needs no credential.</p>' : '';
  const errors = Object.entries(responses).filter(([status]) => status !== '200');
  return `<section>
<h3 id="${anchor(operationId)}">${escape(summary)}</h3>
<p><span class="method">${method}</span> ${code(path)}</p>
${open}${parametersTable(parameters)}
<details><summary>Request</summary>${block(curlOf(path, method, described))}
${requestBody ? schemaOf(requestBody.content, document) : ''}</details>
<details><summary>Reply</summary>${Object.values(responses['200']?.content ?? {})
    .map(({ example }) => (typeof example === 'string' ? block(example) : json(example)))
    .join('')}${schemaOf(responses['200']?.content ?? {}, document)}</details>
<p class="muted">Errors: ${errors.map(([status, { description }]) => `${status} ${escape(description)}`).join('; ')}</p>
</section>`;
}

function parametersTable(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(
    ({ name, in: where, required, description, schema }) =>
      `<tr><td>${code(name)}</td><td>${where}${required ? ', required' : ''}</td>
<td>${escape(description ?? '')} ${schema ? code(JSON.stringify(schema)) : ''}</td></tr>`,
  );
  return `<table><thead><tr><th>Parameter</th><th>In</th><th>Value</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>`;
}

/** The request as a command. */
function curlOf(path: string, method: string, { parameters = [], requestBody, security }: Described): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const example = parameters.find((one) => one.name === name)?.example;
    return encodeURIComponent(typeof example === 'string' ? example : (JSON.stringify(example) ?? name));
  });
  const example = requestBody?.content['application/json']?.example;
  return [
    `curl "$TRUNKLINE_URL${filled}"`,
    ...(method === 'GET' || (method === 'POST' && example !== undefined) ? [] : [`-X ${method}`]),
    ...(security.length === 0 ? [] : ['-H "Authorization: Bearer $TRUNKLINE_API_KEY"']),
    ...(example === undefined ? [] : [`-d '${JSON.stringify(example).replaceAll("'", "'\\''")}'`]),
  ].join(' \\\n  ');
}

const schemaOf = (content: Content, { components }: OpenApi): string =>
  Object.entries(content)
    .map(([type, { schema }]) => {
      const name = (schema as { readonly $ref?: string }).$ref?.split('/').at(-1);
      const shown = name === undefined ? schema : components.schemas[name];
      return `<details><summary>Schema of ${code(type)}</summary>${json(shown)}</details>`;
    })
    .join('');

/** The sockets of an API with their messages. */
export function socketsPage(name: string, { info, channels, operations }: AsyncApi): string {
  const sections = Object.entries(channels).map(([channel, { address, description, messages }]) => {
    const of = (action: string) =>
      Object.values(operations)
        .filter((one) => one.action === action && one.channel.$ref === `#/channels/${channel}`)
        .flatMap((one) => one.messages.map(({ $ref }) => [$ref.split('/').at(-1)!, messages] as const))
        .map(([id, among]) => {
          const { title, examples, payload } = among[id]!;
          return `<section><h4 id="${anchor(`${channel}.${id}`)}">${escape(title)}</h4>${json(examples[0]?.payload)}
<details><summary>Schema</summary>${json(payload)}</details></section>`;
        })
        .join('');
    return `<h2>${code(address)}</h2><p>${escape(description)}</p>
<h3>The server sends</h3>${of('send')}<h3>The server takes</h3>${of('receive')}`;
  });
  const navigation = Object.entries(channels).map(
    ([channel, { address, messages }]) =>
      `<b>${escape(address)}</b><ul>${Object.entries(messages)
        .map(([id, { title }]) => `<li><a href="#${anchor(`${channel}.${id}`)}">${escape(title)}</a></li>`)
        .join('')}</ul>`,
  );
  const machine = `<p>For machines: <a href="/docs/${name}/asyncapi">AsyncAPI</a>.</p>`;
  return page(
    info.title,
    HOME + navigation.join(''),
    `<p>${escape(info.description)}</p>${machine}${sections.join('')}`,
  );
}
