// Handlers of tests that are about something else: what comes is ignored on purpose.

/** Of a client of `saludo`. */
export const ignoredByClient = { welcome() {}, greeting() {}, said() {} };

/** Of a server of `saludo`. */
export const ignoredByServer = { say() {} };
