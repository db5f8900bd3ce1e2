// The stream that feeds the page: a server-sent event a second (`EventSource` of the WHATWG), made once for all pages
// that look. A page that does not read misses events, is told everything again when it does, and holds no memory
// meanwhile.

import type { HostResponse } from "../host-types.ts";
import { hasUnref } from "../loop-lag.ts";
import { observationOf } from "../observation.ts";
import { assertObservable, type Observable } from "../observable.ts";
import { utf8 } from "../utf8.ts";
import { eventOf, snapshotOf } from "./snapshot.ts";

const PERIOD_MS = 1_000;

/** Pages that may look at one server at once: each holds a connection and what waits for it. */
const MOST_PAGES = 16;

/** So many events that a page did not take, and it is gone. */
const MOST_MISSED = 60;

interface OpenPage {
  /** Of its stream, what is used (WHATWG Streams §4.6). */
  readonly controller: {
    readonly desiredSize: number | null;
    enqueue(chunk: Uint8Array): void;
    close(): void;
  };
  /** Whether it has to be told everything: it is new, or has missed an event. */
  needsAll: boolean;
  missed: number;
}

const feeds = new WeakMap<Observable, Feed>();

/** `GET /live`: the stream of `page`. 503 where 16 pages look already. */
export function live(server: Observable): HostResponse {
  assertObservable(server);
  const feed = feeds.get(server) ?? new Feed(server);
  feeds.set(server, feed);
  return feed.open();
}

/** The pages that look at one server. */
class Feed {
  readonly #server: Observable;
  readonly #pages = new Set<OpenPage>();
  #isTicking = false;
  /** The last event that pages have been told of. */
  #told = 0;

  constructor(server: Observable) {
    this.#server = server;
  }

  open(): HostResponse {
    if (this.#pages.size >= MOST_PAGES) {
      return new Response(`${MOST_PAGES} pages look at this server already\n`, {
        status: 503,
        headers: { "Content-Type": "text/plain", "Retry-After": "10" },
      });
    }
    let opened: OpenPage | undefined;
    const stream = new ReadableStream({
      start: (controller) => {
        opened = { controller, needsAll: true, missed: 0 };
        this.#pages.add(opened);
        this.#tell([opened]);
      },
      cancel: () => {
        if (opened !== undefined) this.#pages.delete(opened);
      },
    });
    this.#tickLater();
    return new Response(stream, {
      headers: {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
      },
    });
  }

  #tickLater(): void {
    if (this.#isTicking || this.#pages.size === 0) return;
    this.#isTicking = true;
    const timer = setTimeout(() => {
      this.#isTicking = false;
      this.#tell(this.#pages);
      this.#tickLater();
    }, PERIOD_MS);
    if (hasUnref(timer)) timer.unref();
  }

  #tell(pages: Iterable<OpenPage>): void {
    const observation = observationOf(this.#server);
    const { events, samples } = observation;
    const snapshot = snapshotOf(this.#server, observation);
    let next: Uint8Array | undefined;
    let all: Uint8Array | undefined;
    const news = events.after(this.#told);
    for (const page of pages) {
      if ((page.controller.desiredSize ?? 0) <= 0) {
        page.needsAll = true;
        page.missed += 1;
        if (page.missed > MOST_MISSED) this.#close(page);
        continue;
      }
      page.missed = 0;
      if (page.needsAll) all ??= utf8(eventOf(snapshot, events.after(0), samples));
      else next ??= utf8(eventOf(snapshot, news));
      const chunk = page.needsAll ? all : next;
      page.needsAll = false;
      if (chunk !== undefined) page.controller.enqueue(chunk);
    }
    if (pages === this.#pages) this.#told = news.at(-1)?.number ?? this.#told;
  }

  #close(page: OpenPage): void {
    this.#pages.delete(page);
    page.controller.close();
  }
}
