import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientDefinition } from './clients.ts';
import { isOfDigits, propertiesOf, type Method, type Resource, type Schema } from './description.ts';

const CORE = readFileSync(join(import.meta.dirname, '..', 'python', 'core.py'), 'utf8');
const EXPORTED = [
  'ApiError',
  'AuthenticationError',
  'BadRequestError',
  'ConflictError',
  'ConnectionFailed',
  'NotFoundError',
  'PermissionDeniedError',
  'RateLimitError',
  'ServerError',
];
const KEYWORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield body self query'.split(
    ' ',
  ),
);

/** The files of a Python distribution, by name. */
export function pythonPackage(
  definition: ClientDefinition,
  root: Resource,
  version: string,
): Readonly<Record<string, string>> {
  const { pythonModule, pythonClass, title } = definition;
  const names = [pythonClass, `Async${pythonClass}`];
  return {
    'pyproject.toml': `[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "${pythonModule.replaceAll('_', '-')}"
version = "${version}"
description = "Client of the ${title} API of Trunkline"
requires-python = ">=3.9"
license = { text = "MIT" }

[tool.setuptools]
packages = ["${pythonModule}"]

[tool.setuptools.package-data]
${pythonModule} = ["py.typed"]
`,
    [`${pythonModule}/py.typed`]: '',
    [`${pythonModule}/_core.py`]: CORE,
    [`${pythonModule}/__init__.py`]: `"""Client of the ${title} API of Trunkline."""

from ._client import ${names.join(', ')}
from ._core import ${EXPORTED.join(', ')}

__all__ = ${JSON.stringify([...names, ...EXPORTED], null, 4)}
`,
    [`${pythonModule}/_client.py`]: clientSource(definition, root),
  };
}

function clientSource(definition: ClientDefinition, root: Resource): string {
  return `"""Written from the operations of the API. Do not edit."""

from typing import Any, AsyncIterator, Dict, Iterator, List, Literal, Mapping, Optional, Union

from ._core import UNSET, Operation, Transport, merge, pages, pages_async

Id = Union[str, int]

${[false, true].map((isAsync) => classes(definition, root, isAsync)).join('\n\n')}
`;
}

const pascal = (name: string) => name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function classes(definition: ClientDefinition, root: Resource, isAsync: boolean): string {
  const made: string[] = [];
  const className = (path: readonly string[]) => `_${isAsync ? 'Async' : ''}${path.map(pascal).join('') || 'Root'}`;
  const resource = (node: Resource, path: readonly string[]): void => {
    const nested = [...node.members].filter((one): one is [string, Resource] => one[1].kind === 'resource');
    for (const [name, one] of nested) resource(one, [...path, name]);
    if (path.length === 0) return;
    const methods = [...node.members.values()].flatMap((one) => (one.kind === 'method' ? [one] : []));
    made.push(`class ${className(path)}:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport
${nested.map(([name]) => `        self.${name} = ${className([...path, name])}(transport)\n`).join('')}
${methods.map((one) => methodSource(one, isAsync)).join('\n')}`);
  };
  resource(root, []);
  const { defaultUrl, placeholderUrl, prefix, title } = definition;
  made.push(`class ${isAsync ? 'Async' : ''}${definition.pythonClass}:
    """Client of the ${title} API. Settings that are left out come from TRUNKLINE_URL and TRUNKLINE_API_KEY.

    \`base_url\` may end with the API's prefix. \`timeout\` is in seconds. A request is repeated up to \`max_retries\`
    times where that cannot do a thing twice.
    """

    def __init__(
        self,
        base_url: Optional[str] = None,
        api_key: Optional[str] = None,
        *,
        timeout: float = 60.0,
        max_retries: int = 3,
    ) -> None:
        transport = Transport(
            base_url,
            api_key,
            default_url=${JSON.stringify(defaultUrl)},
            placeholder_url=${JSON.stringify(placeholderUrl)},
            url_variable="TRUNKLINE_URL",
            key_variable="TRUNKLINE_API_KEY",
            prefix=${JSON.stringify(prefix)},
            timeout=timeout,
            max_retries=max_retries,
        )
${[...root.members.keys()].map((name) => `        self.${name} = ${className([name])}(transport)`).join('\n')}
`);
  return made.join('\n\n');
}

function methodSource(method: Method, isAsync: boolean): string {
  const { name, params, input, operation, pages, summary, output } = method;
  const places = params.map(snake);
  const fields = Object.entries(input ? propertiesOf(input) : {}).filter(([field]) => !places.includes(field));
  const keywords = fields.map(([field, schema]) => ({ field, argument: argumentOf(field), type: typeOf(schema) }));
  const both = operation.body !== undefined && operation.query !== undefined && input !== null;
  const signature = [
    'self',
    ...places.map((one) => `${one}: Id`),
    ...(input ? ['body: Optional[Mapping[str, Any]] = None'] : []),
    ...(keywords.length > 0 ? ['*'] : []),
    ...keywords.map(({ argument, type }) => `${argument}: ${type} = UNSET`),
    ...(both ? ['query: Optional[Mapping[str, Any]] = None'] : []),
  ].join(',\n        ');
  const given = `{${keywords.map(({ field, argument }) => `${JSON.stringify(field)}: ${argument}`).join(', ')}}`;
  const call = `self._transport.${isAsync ? 'send_async' : 'send'}(
            Operation(${JSON.stringify(operation.method)}, ${JSON.stringify(operation.path.replace(/:\w+/g, '{}'))}${operation.creates ? ', True' : ''}),
            [${places.join(', ')}],
            merge(${input ? 'body' : 'None'}, ${given}),${both ? '\n            query,' : ''}
        )`;
  const lines = [
    `    ${isAsync ? 'async ' : ''}def ${safe(name)}(
        ${signature},
    ) -> ${operation.contentType ? 'Any' : typeOf(output)}:
        """${summary}"""
        return ${isAsync ? 'await ' : ''}${call}
`,
  ];
  if (pages) {
    const iterate = `iterate${name === 'list' ? '' : `_${name}`}`;
    const one = `lambda query: self.${safe(name)}(${[...places, 'query'].join(', ')})`;
    lines.push(`    def ${iterate}(
        ${signature},
    ) -> ${isAsync ? 'AsyncIterator' : 'Iterator'}[Any]:
        """${summary}: every record, page after page"""
        return pages${isAsync ? '_async' : ''}(${one}, ${JSON.stringify(pages.by)}, ${JSON.stringify(pages.take)}, ${JSON.stringify(pages.items)}, ${pages.size}, merge(body, ${given}))
`);
  }
  return lines.join('\n');
}

const safe = (name: string) => (KEYWORDS.has(name) ? `${name}_` : name);
const argumentOf = (field: string) => safe(field.replace(/\W/g, '_'));

/** A JSON Schema as a type of Python 3.9. */
function typeOf(schema: Schema): string {
  const { const: constant, enum: words, type } = schema;
  if (typeof constant === 'string' || typeof constant === 'boolean')
    return typeof constant === 'string' ? `Literal[${JSON.stringify(constant)}]` : 'bool';
  if (Array.isArray(words) && words.every((word) => typeof word === 'string'))
    return `Literal[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
  const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  if (choices) return union(choices.map(typeOf));
  if (Array.isArray(type)) return union(type.map((one) => typeOf({ ...schema, type: one as unknown })));
  switch (type) {
    case 'string':
      return isOfDigits(schema) ? 'Union[str, int]' : 'str';
    case 'integer':
      return 'int';
    case 'number':
      return 'float';
    case 'boolean':
      return 'bool';
    case 'null':
      return 'None';
    case 'array':
      return `List[${typeOf((schema['items'] ?? {}) as Schema)}]`;
    case 'object':
      return 'Dict[str, Any]';
    default:
      return 'Any';
  }
}

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)];
  if (distinct.includes('Any')) return 'Any';
  return distinct.length === 1 ? distinct[0]! : `Union[${distinct.join(', ')}]`;
}
