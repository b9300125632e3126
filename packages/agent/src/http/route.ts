/**
 * One operation of the API: where it is, what it takes and what it answers. Requests are checked by
 * the schemas that are written here, and the OpenAPI document is made from the same ones.
 */
import type { Context } from "hono";
import type { GenericSchema, InferOutput } from "valibot";
import type { Services } from "./services.ts";

export interface Route {
  readonly method: "get" | "post" | "put" | "delete";
  /** With parameters as `:name`. */
  readonly path: string;
  /** The group that it is shown in. */
  readonly tag: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** It changes something: the caller must be allowed to. */
  readonly changes?: boolean;
  /** Open to everybody even where reading is protected: what probes ask. */
  readonly open?: boolean;
  /** Of the path and the query: objects whose values are made from text. */
  readonly params?: GenericSchema;
  readonly query?: GenericSchema;
  readonly body?: BodyRule;
  /** By status. What every operation may answer (400, 401, 403, 404, 413, 429) need not be named. */
  readonly answers: Readonly<Record<number, Answer>>;
  readonly handle: (
    call: Call<GenericSchema, GenericSchema, BodyRule>,
    services: Services,
  ) => Response | Promise<Response>;
}

/** What a request may carry: JSON that fits a schema, or bytes. */
export interface BodyRule {
  /** Media types; the first is what is assumed when the request names none. */
  readonly types: readonly string[];
  readonly maxBytes: number;
  /** Of JSON; bytes have none. */
  readonly schema?: GenericSchema;
}

export interface Answer {
  readonly description: string;
  /** Of a JSON answer. */
  readonly schema?: GenericSchema;
  /** Of any other. */
  readonly types?: readonly string[];
}

/** A request that has passed its checks. */
export interface Call<P, Q, B> {
  readonly http: Context;
  readonly params: Checked<P>;
  readonly query: Checked<Q>;
  readonly body: B extends { readonly schema: infer S } ? Checked<S> : Uint8Array;
}

type Checked<S> = S extends GenericSchema ? InferOutput<S> : undefined;

type Given<P, Q, B> = Omit<Route, "params" | "query" | "body" | "handle"> & {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly handle: (call: Call<P, Q, B>, services: Services) => Response | Promise<Response>;
};

/** A route whose handler sees the types of its own schemas. */
export function route<
  P extends GenericSchema | undefined = undefined,
  Q extends GenericSchema | undefined = undefined,
  B extends BodyRule | undefined = undefined,
>(given: Given<P, Q, B>): Route {
  return given as unknown as Route;
}
