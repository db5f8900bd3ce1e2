// The frame of the page: its landmarks, headings and tables, empty. What is in them comes from `page-script.ts`.

const tile = (id: string, name: string, more = ""): string =>
  `<div><dt>${name}</dt><dd id="t-${id}">–</dd>${more}</div>`;

const table = (id: string, label: string, heads: readonly string[]): string =>
  `<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table>
<thead><tr>${heads.join("")}</tr></thead><tbody id="${id}"></tbody></table></div>`;

const head = (name: string, className = ""): string =>
  `<th scope="col"${className === "" ? "" : ` class="${className}"`}>${name}</th>`;

export const pageBody = `
<a class="skip" href="#main">To the figures</a>
<header>
<h1><span id="protocol">Typewire</span> <small id="protocol-version"></small></h1>
<span id="status" role="status">Connecting</span>
<button type="button" id="pause" aria-pressed="false">Pause</button>
</header>
<main id="main" tabindex="-1">
<noscript><section>This page shows what the server says each second, and needs JavaScript for it. The same figures are at <a href="metrics">/metrics</a>.</section></noscript>
<section aria-labelledby="h-now"><h2 id="h-now">Now</h2><dl class="tiles">
${tile("connections", "Connections")}
${tile("in", "Messages in")}
${tile("out", "Messages out")}
${tile("bytes-in", "Bytes in")}
${tile("bytes-out", "Bytes out")}
${tile("queue", "Waiting", '<dd><small id="t-queue-share"></small></dd>')}
${tile("slow", "Slow connections")}
${tile("handlers", "Handlers under way")}
${tile("calls", "Calls under way")}
${tile("lag", "Loop lag", "<dd><small>worst of 10 s</small></dd>")}
${tile("refused", "Messages refused")}
${tile("undelivered", "Undelivered")}
${tile("away", "Turned away")}
${tile("topics", "Topics")}
</dl></section>
<section aria-labelledby="h-messages"><h2 id="h-messages">Messages <small>by type</small></h2>
${table("messages", "Messages by type", [head("Type"), head("Now", "number"), head("In all", "number wide"), head("Up to five minutes", "picture")])}</section>
<section aria-labelledby="h-connections"><h2 id="h-connections">Connections, worst first <small id="connections-note"></small></h2>
${table("connections", "Connections, worst first", [
  head("Address"),
  head("Waiting", "number"),
  head("Handlers", "number"),
  head("Calls", "number wide"),
  head("Messages in", "number wide"),
  head("Messages out", "number wide"),
  head("State", "wide"),
])}</section>
<div class="pair">
<section aria-labelledby="h-handlers"><h2 id="h-handlers">Handlers and calls <small>by samples</small></h2>
${table("handlers", "Times of handlers and calls", [head("Name"), head("p50", "number"), head("p99", "number"), head("Samples", "number wide")])}</section>
<section aria-labelledby="h-ends"><h2 id="h-ends">Ends <small>by code</small></h2>
${table("ends", "Ended connections by code", [head("Code"), head("Connections", "number"), head('<span class="unseen">Share</span>', "bar")])}</section>
</div>
<section id="nodes-section" aria-labelledby="h-nodes" hidden><h2 id="h-nodes">Nodes <small id="bus"></small></h2>
${table("nodes", "Nodes", [head("Node"), head("State"), head("Gaps", "number")])}</section>
<section aria-labelledby="h-events"><h2 id="h-events">Last events <small>newest first, 200 at most</small></h2>
${table("events", "Last events", [head("Time"), head("What"), head("Connection"), head("Code")])}</section>
</main>
<footer id="about"></footer>`;
