/** The host that an address stands for in limits: an IPv6 client controls the whole /64 of its address. */
export function hostOf(address: string): string {
  const v4 = v4Of(address);
  if (v4 !== null) return v4;
  return address.includes(':') ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : address;
}

/** The network of an address: IPv4 /24, IPv6 /64. */
export function networkOf(address: string): string {
  const v4 = v4Of(address);
  return v4 === null ? hostOf(address) : `${v4.split('.').slice(0, 3).join('.')}.0/24`;
}

const v4Of = (address: string): string | null => /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? null;

function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  return tail === undefined
    ? left
    : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
}
