/** Thrown while generating code: this schema has no compiled form, for the reason in the message. */
export class Uncompiled extends Error {
  override readonly name = "Uncompiled";
}
