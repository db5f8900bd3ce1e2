/** Handlers of clients of `saludo` whose tests are about something else: what comes is ignored on purpose. */
export const ignored = { welcome() {}, greeting() {}, said() {} };
