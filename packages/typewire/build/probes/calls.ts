// A program with declared errors, streams, `auth` and a middleware. It only has to compile, with each TypeScript that
// is supported: what stands behind `@ts-expect-error` must not.

import { defineProtocol, Type } from "typewire";
import { connect, serve } from "typewire/bun";

const Tree = Type.Recursive((This) =>
  Type.Object({ name: Type.String(), below: Type.Array(This) }),
);

const forest = defineProtocol({
  name: "forest",
  version: 1,
  server: { fell: Type.Object({ name: Type.String() }) },
  client: { shout: Type.Object({ text: Type.String() }) },
  auth: Type.Object({ token: Type.String() }),
  calls: {
    find: {
      input: Type.Object({ name: Type.String(), depth: Type.Optional(Type.Integer()) }),
      output: Tree,
      errors: {
        none: Type.Object({ name: Type.String(), at: Type.Optional(Type.Date()) }),
        closed: Type.Undefined(),
        nearest: Tree,
        busy: Type.Union([
          Type.Object({ kind: Type.Literal("soon"), ms: Type.Integer() }),
          Type.Object({ kind: Type.Literal("later"), day: Type.Date() }),
        ]),
        maybe: Type.Union([Type.String(), Type.Undefined()]),
        both: Type.Intersect([
          Type.Object({ a: Type.String() }),
          Type.Object({ b: Type.BigInt() }),
        ]),
        several: Type.Record(Type.String(), Type.Tuple([Type.String(), Type.Uint8Array()])),
      },
    },
    walk: { input: Type.Integer(), yields: Tree, output: Type.Integer() },
    plant: { sends: Tree, output: Type.Integer() },
    talk: { sends: Type.String(), yields: Type.String(), errors: { rude: Type.String() } },
    rest: {},
  },
});

const oak = { name: "oak", below: [{ name: "twig", below: [] }] };

export const serveForest = () =>
  serve(
    forest,
    {
      port: 0,
      authenticate: ({ token }) => ({ user: token }),
      use: [
        async (call, next) => {
          if (call.context.user === "") throw new Error(call.name);
          return next();
        },
      ],
    },
    {
      shout({ text }, connection) {
        connection.send({ type: "fell", name: text });
      },
      async find({ name, depth = 0 }, call) {
        const { error, context } = call;
        if (depth === 1) throw call.error("none", { name });
        if (depth === 2) throw error("none", { name: context.user, at: new Date() });
        if (depth === 3) throw error("closed");
        if (depth === 4) throw call.error("nearest", oak);
        if (depth === 5) throw call.error("busy", { kind: "soon", ms: 5 });
        if (depth === 6) throw call.error("maybe");
        if (depth === 7) throw call.error("both", { a: "a", b: 1n });
        if (depth === 8) throw call.error("several", { a: ["b", new Uint8Array(1)] });
        // @ts-expect-error: there is no such code.
        call.error("nobody", { name });
        // @ts-expect-error: its data is missing.
        call.error("none");
        // @ts-expect-error: its data is other.
        call.error("none", { name: 5 });
        // @ts-expect-error: it has no data.
        call.error("closed", 5);
        // @ts-expect-error: there is no such tree.
        call.error("nearest", { name, below: [{ name: 5, below: [] }] });
        // @ts-expect-error: this belongs to the other kind.
        call.error("busy", { kind: "later", ms: 5 });
        return oak;
      },
      async *walk(steps, { signal }) {
        for (let step = 0; step < steps && !signal.aborted; step += 1) yield oak;
        return steps;
      },
      async plant(_, call) {
        let planted = 0;
        for await (const { below } of call.items) planted += below.length;
        return planted;
      },
      async *talk(_, { items, error }) {
        for await (const line of items) {
          if (line === "") throw error("rude", line);
          yield line.toUpperCase();
        }
      },
      rest(_, call) {
        // @ts-expect-error: it declares no errors.
        call.error("none", { name: "oak" });
      },
    },
  );

export async function visitForest(port: number): Promise<string> {
  const client = await connect(
    forest,
    { port, auth: () => ({ token: "leaf" }) },
    { fell: ({ name }) => console.log(name) },
  );
  const found = await client.try.find({ name: "oak" });
  if (!found.ok) {
    const { error } = found;
    if (error.code === "none") return error.data.name;
    if (error.code === "nearest") return error.data.below[0]?.name ?? "";
    if (error.code === "busy" && error.data.kind === "later") return error.data.day.toISOString();
    return error.message;
  }
  const walk = client.call.walk(3);
  for await (const { name } of walk) console.log(name);
  const count: number = (await walk.output) + (await client.call.plant([oak]));
  for await (const line of client.call.talk(["a", "b"])) console.log(line.toUpperCase());
  await client.call.rest({ timeoutMs: 5 });
  // @ts-expect-error: the input is a whole number.
  client.call.walk("3");
  await client.close();
  return `${found.output.below.length + count}`;
}
