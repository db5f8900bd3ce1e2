// Who hears which topic, without a connection.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { MOST_TOPICS, Topics } from "../src/topics.ts";

/** Topics of members that are in from the beginning. */
const topicsOf = (): Topics<string> => new Topics(() => true);

/** Who hears a topic, in order. */
function heardBy(topics: Topics<string>, topic: string): string[] {
  const heard: string[] = [];
  topics.membersOf(topic).forEach((member) => heard.push(member));
  return heard;
}

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/);
const topicName = fc.array(token, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));

describe("Topics", () => {
  test("has the members that a model has, after any subscribing, unsubscribing and leaving", () => {
    const member = fc.constantFrom("ana", "bob", "eva");
    const topic = fc.constantFrom("room.1", "room.2", "all");
    const step = fc.oneof(
      fc.record({ does: fc.constant("subscribe" as const), member, topic }),
      fc.record({ does: fc.constant("unsubscribe" as const), member, topic }),
      fc.record({ does: fc.constant("leave" as const), member, topic }),
      fc.record({ does: fc.constant("enter" as const), member, topic }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const inside = new Set<string>();
        const topics = new Topics<string>((who) => inside.has(who));
        const model = new Set<string>();
        for (const { does, member: who, topic: of } of steps) {
          if (does === "enter") {
            if (inside.has(who)) continue;
            inside.add(who);
            topics.enter(who);
          } else if (does === "leave") {
            topics.leave(who);
            for (const pair of model) if (pair.startsWith(`${who} `)) model.delete(pair);
          } else {
            topics[does](who, of);
            if (does === "subscribe") model.add(`${who} ${of}`);
            else model.delete(`${who} ${of}`);
          }
        }
        const heard = [...model].filter((pair) => inside.has(pair.split(" ")[0] ?? ""));
        const pairs = ["room.1", "room.2", "all"].flatMap((of) => {
          const members = heardBy(topics, of);
          expect(topics.membersOf(of).size).toBe(members.length);
          return members.map((who) => `${who} ${of}`);
        });
        expect(pairs.toSorted()).toEqual(heard.toSorted());
        expect(topics.size).toBe(new Set(heard.map((pair) => pair.split(" ")[1])).size);
      }),
    );
  });

  test("visits who is a member when the visits begin and still when its turn comes, each once", () => {
    const member = fc.constantFrom("ana", "bob", "eva", "leo");
    const steps = fc.array(fc.record({ leaves: fc.boolean(), member }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.uniqueArray(member), fc.array(steps, { maxLength: 4 }), (first, meanwhile) => {
        const topics = topicsOf();
        const model = new Set<string>(first);
        for (const who of first) topics.subscribe(who, "all");
        let turn = 0;
        topics.membersOf("all").forEach((visited) => {
          while (!model.has(first[turn] ?? visited)) turn += 1;
          expect(visited).toBe(first[turn] ?? "none");
          turn += 1;
          for (const { leaves, member: who } of meanwhile[turn - 1] ?? []) {
            if (leaves) topics.unsubscribe(who, "all");
            else topics.subscribe(who, "all");
            if (leaves) model.delete(who);
            else model.add(who);
          }
        });
        expect(first.slice(turn).filter((who) => model.has(who))).toEqual([]);
        expect(heardBy(topics, "all").toSorted()).toEqual([...model].toSorted());
      }),
    );
  });

  test("visits who has left and joined again before its turn, also where the topic was gone meanwhile", () => {
    const topics = topicsOf();
    for (const who of ["ana", "leo"]) topics.subscribe(who, "all");
    const visited: string[] = [];
    topics.membersOf("all").forEach((who) => {
      visited.push(who);
      if (who !== "ana") return;
      for (const each of ["ana", "leo"]) topics.unsubscribe(each, "all");
      topics.subscribe("leo", "all");
    });
    expect(visited).toEqual(["ana", "leo"]);
  });

  test("takes every name of letters, digits, _ and - joined by dots", () => {
    fc.assert(
      fc.property(topicName, (name) => {
        const topics = topicsOf();
        topics.subscribe("ana", name);
        expect(heardBy(topics, name)).toEqual(["ana"]);
      }),
    );
  });

  test.each([
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "a b",
    "room.*",
    ">",
    "ñ",
    "a\n",
    "$SYS",
    "a/b",
    "x".repeat(256),
    7,
    undefined,
    null,
  ])("refuses %j at every door", (name) => {
    const topics = topicsOf();
    // A program that has got past the types.
    const topic = name as string;
    const refusal = expect.objectContaining({ name: "TypewireError", code: "topic-invalid" });
    expect(() => topics.subscribe("ana", topic)).toThrow(refusal);
    expect(() => topics.unsubscribe("ana", topic)).toThrow(refusal);
    expect(() => topics.membersOf(topic)).toThrow(refusal);
    expect(topics.size).toBe(0);
  });

  test("says what came, on one line and in few words", () => {
    const topics = topicsOf();
    const said = (name: string): string => {
      try {
        topics.membersOf(name);
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(said("a b")).toBe(
      'Topic: expected names of letters, digits, "_" and "-", joined by dots, at most 255 characters in all, got "a b"',
    );
    expect(said(`a\u001b[31m\n${"x".repeat(100_000)}`)).toMatch(/^[ -~…]{1,700}$/);
  });

  test("lets a member have so many topics, and one more when it has left one", () => {
    const topics = topicsOf();
    for (let index = 0; index < MOST_TOPICS; index += 1) topics.subscribe("ana", `t.${index}`);
    const refusal = expect.objectContaining({ code: "topic-limit" });
    expect(() => topics.subscribe("ana", "more")).toThrow(refusal);
    expect(() => topics.subscribe("ana", "t.0")).not.toThrow();
    expect(() => topics.subscribe("bob", "more")).not.toThrow();
    topics.unsubscribe("ana", "t.0");
    topics.subscribe("ana", "more");
    expect(heardBy(topics, "more")).toEqual(["bob", "ana"]);
  });
});
