import { useEffect, type ReactNode } from 'react';

/** The frame of a page: its title, what it offers, its content. */
export function Page({
  title,
  actions,
  children,
  note,
}: {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly note?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.title = `${title} · Trunkline`;
  }, [title]);
  return (
    <>
      <header className="flex min-h-16 flex-wrap items-center gap-x-4 gap-y-2 px-6 pt-5 pb-3 max-md:min-h-19 max-md:px-4">
        <h1 className="text-title" tabIndex={-1} id="page-title">
          {title}
        </h1>
        {note}
        <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>
      </header>
      {children}
    </>
  );
}

/** A part of a page under its own heading. */
export function Section({
  title,
  aside,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section className="px-6 py-3 max-md:px-4">
      <div className="flex flex-wrap items-baseline justify-between gap-2 pb-2">
        <h2 className="text-base font-medium">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** What a part of a page offers, above its list. */
export const Toolbar = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <div className="flex flex-wrap items-center justify-end gap-2 px-6 py-3 max-md:px-4">{children}</div>
);
