// What a program imports from "typewire/observe": what an operator looks at, as answers to requests, for an HTTP
// listener of the program's own. Runs on any host; who does not import it pays nothing for it. Lists names.

export { health, metrics, type Observable, readiness } from "@typewire/observe";
