// What a program imports from "typewire/observe": what an operator looks at, as answers to requests, for an HTTP
// listener of the program's own. Runs on any host; a program that does not import it pays nothing for it. Lists names.

export {
  admin,
  type AdminOptions,
  health,
  live,
  metrics,
  type Observable,
  page,
  readiness,
} from "@typewire/observe";
