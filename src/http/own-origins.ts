type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface OwnOriginsOptions {
  /** The address that we listen on. */
  readonly host: string;
  readonly publicUrl: () => string;
  /** The addresses that we listen on, ports included. */
  readonly listening: () => readonly string[];
  /** Origins whose pages may call the APIs; `*` names none in particular. */
  readonly corsOrigins: readonly string[];
}

const isLoopbackName = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

/**
 * Distinguishes requests of this machine's own programs and pages from those of foreign pages in its browser, also by
 * DNS
 * rebinding. Only the former may use what is open on loopback without a credential.
 */
export class OwnOrigins {
  readonly #options: OwnOriginsOptions;

  constructor(options: OwnOriginsOptions) {
    this.#options = options;
  }

  /** The header that identifies a foreign request, or null. */
  foreignIn(headers: Headers): string | null {
    const { host, origin, 'sec-fetch-site': site } = headers;
    if (!this.#isOurHost(String(host ?? ''))) return `Host: ${String(host ?? '')}`;
    if (origin !== undefined) return this.#isOurOrigin(String(origin)) ? null : `Origin: ${String(origin)}`;
    // A page on another port of this machine is `same-site`.
    const ours = site === undefined || site === 'same-origin' || site === 'none';
    return ours ? null : `Sec-Fetch-Site: ${String(site)}`;
  }

  /**
   * The header that shows that a page of another origin makes the request, or null. Unlike `foreignIn` it takes any
   * host, because a browser sends the cookies of a host to that host alone.
   */
  otherOriginIn({ host, origin, 'sec-fetch-site': site }: Headers): string | null {
    if (origin !== undefined) {
      const isSame = URL.parse(String(origin))?.host === String(host ?? '').toLowerCase();
      return isSame || this.#isOurOrigin(String(origin)) ? null : `Origin: ${String(origin)}`;
    }
    const isOwn = site === undefined || site === 'same-origin' || site === 'none';
    return isOwn ? null : `Sec-Fetch-Site: ${String(site)}`;
  }

  #isOurHost(host: string): boolean {
    const { host: own, publicUrl } = this.#options;
    const hostname = URL.parse(`http://${host}`)?.hostname;
    if (hostname === undefined) return false;
    return isLoopbackName(hostname) || hostname === own || hostname === URL.parse(publicUrl())?.hostname;
  }

  #isOurOrigin(origin: string): boolean {
    const { publicUrl, corsOrigins, listening } = this.#options;
    const url = URL.parse(origin);
    if (!url || url.origin === 'null') return false;
    if (corsOrigins.includes(url.origin) || url.origin === URL.parse(publicUrl())?.origin) return true;
    const portOf = ({ protocol, port }: URL) => port || (protocol === 'https:' ? '443' : '80');
    return isLoopbackName(url.hostname) && listening().some((one) => portOf(new URL(one)) === portOf(url));
  }
}
