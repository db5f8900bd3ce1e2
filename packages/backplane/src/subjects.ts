// Where on the bus the servers of a protocol meet: subjects as NATS has them, names joined by dots.

/** The topic of broadcasts: every server hears it. */
export const ALL = "";

/** The subjects of one protocol and version; another version is another place. */
export interface Subjects {
  readonly beat: string;
  /** Of what is said to one server alone. */
  readonly to: (node: string) => string;
  /** Of a topic, or `ALL`. */
  readonly of: (topic: string) => string;
  /** The topic of a subject; undefined for what servers say of themselves. */
  readonly topicOf: (subject: string) => string | undefined;
}

/** A topic may be part of a subject as it is; the name of a protocol may be any text. */
export function subjectsOf(protocol: string, version: number): Subjects {
  const prefix = `tw.${asToken(protocol)}.${version}`;
  return {
    beat: `${prefix}.beat`,
    to: (node) => `${prefix}.to.${asToken(node)}`,
    of: (topic) => (topic === ALL ? `${prefix}.all` : `${prefix}.t.${topic}`),
    topicOf: (subject) => {
      if (subject === `${prefix}.all`) return ALL;
      return subject.startsWith(`${prefix}.t.`) ? subject.slice(prefix.length + 3) : undefined;
    },
  };
}

/** `name` as one token without wildcards; different names are different tokens. */
function asToken(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `=${code.toString(16)}=`;
  });
}
