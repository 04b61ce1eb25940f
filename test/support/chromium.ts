import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './process.ts';

interface Route {
  continue(): Promise<void>;
  abort(): Promise<void>;
  /** What the server replies. */
  fetch(): Promise<object>;
  fulfill(reply: { readonly status: number; readonly body: string } | { readonly response: object }): Promise<void>;
}

/** A WebSocket that a page has opened. */
interface PageSocket {
  url(): string;
  on(event: 'framereceived', listener: (frame: { readonly payload: string | Buffer }) => void): void;
}

/** The part of Playwright that tests use; it is installed with the tools. */
export interface Page {
  goto(url: string): Promise<unknown>;
  url(): string;
  title(): Promise<string>;
  reload(): Promise<unknown>;
  fill(selector: string, text: string): Promise<void>;
  click(selector: string): Promise<void>;
  press(selector: string, key: string): Promise<void>;
  selectOption(selector: string, value: string): Promise<unknown>;
  setInputFiles(selector: string, file: { name: string; mimeType: string; buffer: Buffer }): Promise<void>;
  textContent(selector: string): Promise<string | null>;
  waitForSelector(
    selector: string,
    options?: { timeout?: number; state?: 'visible' | 'attached' | 'detached' },
  ): Promise<unknown>;
  evaluate<T>(script: string): Promise<T>;
  addInitScript(script: string): Promise<void>;
  /** Time of the page: it flows, and can be moved on at once. */
  readonly clock: { install(): Promise<void>; fastForward(ms: number): Promise<void> };
  hover(selector: string): Promise<void>;
  goBack(): Promise<unknown>;
  route(pattern: RegExp, handle: (route: Route) => Promise<void>): Promise<void>;
  unroute(pattern: RegExp): Promise<void>;
  screenshot(options: { path?: string; fullPage?: boolean; style?: string; timeout?: number }): Promise<Buffer>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  emulateMedia(options: { colorScheme: 'light' | 'dark' }): Promise<void>;
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  on(
    event: 'pageerror' | 'console',
    listener: (thing: { message?: string; text?(): string; type?(): string }) => void,
  ): void;
  on(event: 'request', listener: (request: { url(): string; method(): string }) => void): void;
  on(event: 'websocket', listener: (socket: PageSocket) => void): void;
  close(): Promise<void>;
}

export interface Context {
  newPage(): Promise<Page>;
  addCookies(cookies: readonly object[]): Promise<void>;
  cookies(): Promise<readonly object[]>;
  addInitScript(script: string): Promise<void>;
  clearCookies(options?: { name: string }): Promise<void>;
  setOffline(offline: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface Chromium {
  startTracing(page: Page, options: { readonly categories: readonly string[] }): Promise<void>;
  stopTracing(): Promise<Buffer>;
  newContext(options?: object): Promise<Context>;
  close(): Promise<void>;
}

const { chromium } = createRequire(join(ROOT, 'tools', 'package.json'))('playwright-core') as {
  chromium: { launch(options: object): Promise<Chromium> };
};

export const launchChromium = (args: readonly string[] = []): Promise<Chromium> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  });
