import type { ReactNode } from 'react';

// Drawn for this console on a grid of 20, with one stroke width.
const PATHS = {
  board: 'M3 4h5v12H3zM10.500 4h6.500v5h-6.500zM10.500 11.500h6.500v4.500h-6.500z',
  calls: 'M3 10h1.500M6.500 6v8M9.500 3.500v13M12.500 7v6M15.500 9v2M17 10h.500',
  desk: 'M4 11V9a6 6 0 0 1 12 0v2M4 11h2.500v5H4zM13.500 11H16v5h-2.500zM15 16c0 1.500-1.500 2-3.500 2',
  agents: 'M10 3v2.500M5 5.500h10v8H5zM8 9v1M12 9v1M7 17h6M10 13.500V17',
  campaigns: 'M3 8v4h3l7 4V4L6 8zM16 8.500v3',
  people:
    'M7.500 9a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM3 16c0-3 2-4.500 4.500-4.500S12 13 12 16M13 9.500a2 2 0 1 0 0-4M14 12c2 .200 3 1.500 3 4',
  slots: 'M3.500 5h13v11.500h-13zM3.500 8.500h13M7 3v3M13 3v3',
  numbers: 'M7.500 3 6 17M14 3l-1.500 14M3.500 7.500h13.500M3 12.500h13.500',
  webhooks: 'M10 4a3 3 0 0 1 2.500 4.500L15 13M10 7l-3.500 6.500M5 13a3 3 0 1 0 3 3h6',
  analytics: 'M3 16.500h14M5 13.500V10M9 13.500V5M13 13.500V8M16.500 13.500V3.500',
  users: 'M10 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 17c0-3.500 2.500-5.500 6-5.500s6 2 6 5.500',
  audit: 'M5 3h7l3 3v11H5zM7.500 9h5M7.500 12h5',
  settings: 'M3 6h9M15 6h2M3 14h2M8 14h9M13.500 4v4M6.500 12v4',
  search: 'M9 14.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11zM13 13l4 4',
  close: 'M5 5l10 10M15 5 5 15',
  check: 'M4 10.500l4 4 8-9',
  warn: 'M10 3.500 17.500 16h-15zM10 8v4M10 14v.200',
  copy: 'M7 7h9.500v9.500H7zM13 7V3.500H3.500V13H7',
  down: 'M5 7.500l5 5 5-5',
  right: 'M7.500 5l5 5-5 5',
  play: 'M6 4l10 6-10 6z',
  pause: 'M6.500 4v12M13.500 4v12',
  ear: 'M6 8a4 4 0 1 1 8 0c0 3-3 3-3 6a2.500 2.500 0 0 1-4.500 1.500M8.500 8.500a1.500 1.500 0 0 1 3 0',
  whisper: 'M3.500 4h13v9H9l-3.500 3.500V13h-2zM7 8.500h6',
  write: 'M4 16l1-4L13.500 3.500l3 3L8 15zM11.500 5.500l3 3',
  takeOver: 'M3 10h10M9 5.500 13.500 10 9 14.500M17 4v12',
  end: 'M3 11c4-4 10-4 14 0l-2 2.500-3-1.500v-2a9 9 0 0 0-4 0v2l-3 1.500z',
  phone:
    'M5 3.500 8 3l1.500 4L7.500 8.500a9 9 0 0 0 4 4L13 10.500l4 1.500-.500 3c-.300 1-1 1.500-2 1.500C8.500 16.500 3.500 11.500 3.500 5.500c0-1 .500-1.700 1.500-2z',
  tool: 'M12 4a4 4 0 0 1 4 5l-6.500 6.500a2 2 0 0 1-3-3L13 6',
  transfer: 'M3 7h12l-3-3M17 13H5l3 3',
  sun: 'M10 13.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18',
  more: 'M5 10h.200M10 10h.200M15 10h.200',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactNode {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className="shrink-0"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
