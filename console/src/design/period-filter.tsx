import type { ReactNode } from 'react';
import { useAddress } from './address.ts';
import { TextField } from './field.tsx';

/** From and to, as days in the address. */
export function PeriodFilter(): ReactNode {
  const [search, setSearch] = useAddress();
  return (
    <>
      {(
        [
          ['date_from', 'From'],
          ['date_to', 'To'],
        ] as const
      ).map(([name, label]) => (
        <TextField
          key={name}
          label={label}
          type="date"
          value={search[name]?.slice(0, 10) ?? ''}
          onChange={(event) => setSearch({ [name]: event.target.value })}
        />
      ))}
    </>
  );
}
