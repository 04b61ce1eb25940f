import type { Api } from './api.ts';
import type { AsyncApi } from './asyncapi.ts';
import { openApiOf, type OpenApi } from './openapi.ts';

/** The OpenAPI and AsyncAPI documents of the APIs, each made when it is first asked for. */
export class ApiDocuments {
  readonly #apis: () => readonly Api[];
  readonly #version: string;
  readonly #made = new Map<string, OpenApi>();

  constructor(apis: () => readonly Api[], version: string) {
    this.#apis = apis;
    this.#version = version;
  }

  get names(): readonly string[] {
    return this.#apis().flatMap(({ name, documentedIn }) => (documentedIn === undefined ? [name] : []));
  }

  /** Null if there is no API of this name. */
  openApi(name: string): OpenApi | null {
    const api = this.#apis().find((one) => one.name === name && one.documentedIn === undefined);
    if (!api) return null;
    const described = this.#apis().filter(({ documentedIn }) => documentedIn === name);
    const operations = [...described, api].flatMap((one) => one.operations);
    const document = this.#made.get(name) ?? openApiOf({ ...api, operations }, this.#version);
    this.#made.set(name, document);
    return document;
  }

  /** Null if there is no API of this name, or it has no sockets. */
  asyncApi(name: string): AsyncApi | null {
    return (
      this.#apis()
        .find((one) => one.name === name)
        ?.asyncApi?.(this.#version) ?? null
    );
  }
}
