import type {
  TRPCBuiltRouter,
  TRPCDefaultErrorData,
  TRPCDefaultErrorShape,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
} from '@trpc/server';
import type { z } from 'zod';
import type { TypedProcedure } from './operation.ts';

type AnyProcedure = TypedProcedure<string, 'query' | 'mutation', z.ZodType, z.ZodType>;

interface Def<B extends z.ZodType, R extends z.ZodType> {
  input: B extends z.ZodUndefined ? void : undefined extends z.input<B> ? z.input<B> | void : z.input<B>;
  output: z.output<R>;
  meta: unknown;
}

type Served<P> =
  P extends TypedProcedure<string, infer K, infer B, infer R>
    ? K extends 'query'
      ? TRPCQueryProcedure<Def<B, R>>
      : TRPCMutationProcedure<Def<B, R>>
    : never;

type GroupOf<N> = N extends `${infer G}.${string}` ? G : never;

/** What stands in `data` of an error, beside tRPC's own fields. */
interface ErrorShape extends TRPCDefaultErrorShape {
  data: TRPCDefaultErrorData & { reason: string };
}

/** The tRPC router of procedures whose names are `group.name`. */
export type RouterOf<P extends AnyProcedure> = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  {
    [G in GroupOf<P['name']>]: {
      [One in P as One['name'] extends `${G}.${infer Own}` ? Own : never]: Served<One>;
    };
  }
>;
