// What the page does: hears one snapshot a second, and writes it into the tables. All text goes in as text, never as
// markup. Its own text is part of the page, and its digest of the page's content security policy.

export const pageScript = String.raw`
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const SPAN_MS = 300000;
  const LEAST_SPAN_MS = 60000;
  const MOST_EVENTS = 200;
  const MOST_ROWS = 60;
  const $ = (id) => document.getElementById(id);
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat("en");

  const series = new Map();
  let events = [];
  let last;
  let isPaused = false;

  const rate = (value) => (value < 10 && value > 0 ? value.toFixed(1) : compact.format(value));
  const bytes = (value) => {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let at = 0;
    while (value >= 1024 && at < units.length - 1) { value /= 1024; at += 1; }
    return (at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)) + " " + units[at];
  };
  const duration = (ms) =>
    ms < 1 ? Math.round(ms * 1000) + " µs" : ms < 1000 ? +ms.toFixed(1) + " ms" : +(ms / 1000).toFixed(2) + " s";
  /** A quantile as it is known: the bound below which it lies, in seconds; null is beyond the last. */
  const below = (seconds) =>
    seconds === undefined ? "" : seconds === null ? "> 10 s" : "≤ " + duration(seconds * 1000);

  const setText = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  const make = (tag, className) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    return element;
  };

  /** Makes the body of a table have these rows; each cell is { text, tag, className, fill }. */
  const fillTable = (id, rows, empty) => {
    const body = $(id);
    const columns = body.parentElement.tHead.rows[0].cells.length;
    const wanted = rows.length > 0 ? rows : [{ className: "empty", cells: [{ text: empty, span: columns }] }];
    while (body.rows.length > wanted.length) body.deleteRow(-1);
    wanted.forEach((row, at) => {
      let element = body.rows[at];
      if (element === undefined || element.cells.length !== row.cells.length) {
        const fresh = make("tr");
        for (const cell of row.cells) {
          const made = make(cell.tag || "td", cell.className);
          if (cell.tag === "th") made.scope = "row";
          if (cell.span) made.colSpan = cell.span;
          fresh.append(made);
        }
        if (element === undefined) body.append(fresh);
        else element.replaceWith(fresh);
        element = fresh;
      }
      element.className = row.className || "";
      row.cells.forEach((cell, column) => {
        // A row shows something else each second: another node, or what has become of it.
        element.cells[column].className = cell.className || "";
        if (cell.fill) cell.fill(element.cells[column]);
        else setText(element.cells[column], cell.text);
      });
    });
  };

  const svgElement = (tag, attributes) => {
    const element = document.createElementNS(SVG, tag);
    for (const name of Object.keys(attributes)) element.setAttribute(name, attributes[name]);
    return element;
  };

  /** So far back the pictures go: to the first sample, a minute at least, five minutes at most. */
  const spanMs = () => {
    const begin = Math.min(...[...series.values()].map(({ points }) => points[0].at));
    const end = Math.max(...[...series.values()].map(({ points }) => points[points.length - 1].at));
    return Math.min(SPAN_MS, Math.max(LEAST_SPAN_MS, end - begin));
  };

  /** Draws rates over time. */
  const draw = (cell, points, now, words) => {
    const rates = [];
    for (let at = 1; at < points.length; at += 1) {
      const seconds = (points[at].at - points[at - 1].at) / 1000;
      if (seconds > 0) rates.push({ at: points[at].at, rate: Math.max(0, points[at].total - points[at - 1].total) / seconds });
    }
    const most = Math.max(1, ...rates.map((each) => each.rate));
    const x = (at) => (300 - ((now - at) / spanMs()) * 300).toFixed(1);
    const y = (value) => (29 - (value / most) * 27).toFixed(1);
    const line = rates.map((each, at) => (at === 0 ? "M" : "L") + x(each.at) + " " + y(each.rate)).join("");
    let svg = cell.firstChild;
    if (svg === null) {
      svg = svgElement("svg", { viewBox: "0 0 300 30", preserveAspectRatio: "none", role: "img" });
      svg.append(svgElement("path", { class: "area" }), svgElement("path", { class: "line" }));
      cell.append(svg);
    }
    svg.setAttribute("aria-label", words + ": at most " + rate(rates.length === 0 ? 0 : most) + " a second in " + Math.round(spanMs() / 60000) + " min");
    const [area, stroke] = svg.children;
    stroke.setAttribute("d", line);
    area.setAttribute("d", line === "" ? "" : line + "L" + x(rates[rates.length - 1].at) + " 30L" + x(rates[0].at) + " 30Z");
  };

  const drawBar = (cell, share) => {
    let svg = cell.firstChild;
    if (svg === null) {
      svg = svgElement("svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" });
      svg.append(svgElement("rect", { x: 0, y: 0, height: 6, rx: 1 }));
      cell.append(svg);
    }
    svg.firstChild.setAttribute("width", (share * 100).toFixed(1));
  };

  const number = (value, className) => ({ text: value, className: className ? "number " + className : "number" });

  const remember = (at, counts, direction) => {
    for (const type of Object.keys(counts)) {
      const key = direction + " " + type;
      if (!series.has(key)) series.set(key, { direction, type, points: [] });
      const { points } = series.get(key);
      if (points.length > 0 && points[points.length - 1].at >= at) continue;
      points.push({ at, total: counts[type] });
      while (points.length > 2 && points[0].at < at - SPAN_MS) points.shift();
    }
  };

  const rateOf = (points) => {
    const end = points[points.length - 1];
    const begin = points.filter((point) => point.at >= end.at - 5500)[0] || end;
    const seconds = (end.at - begin.at) / 1000;
    return seconds > 0 ? (end.total - begin.total) / seconds : 0;
  };

  const showTiles = (shot) => {
    const { figures } = shot;
    const seconds = last ? (shot.at - last.at) / 1000 : 0;
    const perSecond = (name) => (seconds > 0 ? Math.max(0, figures[name] - last.figures[name]) / seconds : 0);
    setText($("t-connections"), whole.format(figures.connections));
    setText($("t-in"), rate(perSecond("messagesReceived")) + "/s");
    setText($("t-out"), rate(perSecond("messagesSent")) + "/s");
    setText($("t-bytes-in"), bytes(perSecond("bytesReceived")) + "/s");
    setText($("t-bytes-out"), bytes(perSecond("bytesSent")) + "/s");
    const share = figures.queueBytes / figures.queueLimitBytes;
    setText($("t-queue"), bytes(figures.queueBytes));
    setText($("t-queue-share"), Math.round(share * 100) + " % of " + bytes(figures.queueLimitBytes));
    $("t-queue").className = share > 0.8 ? "bad" : "";
    setText($("t-slow"), whole.format(figures.slowConnections));
    $("t-slow").className = figures.slowConnections > 0 ? "warn" : "";
    setText($("t-handlers"), whole.format(figures.handlersInFlight));
    setText($("t-calls"), whole.format(figures.callsInFlight));
    setText($("t-lag"), duration(shot.loopLagMs));
    $("t-lag").className = shot.loopLagMs > 250 ? "bad" : "";
    setText($("t-refused"), whole.format(figures.refused));
    setText($("t-undelivered"), whole.format(figures.undelivered));
    $("t-undelivered").className = figures.undelivered > 0 ? "warn" : "";
    setText($("t-away"), whole.format(figures.turnedAway));
    setText($("t-topics"), whole.format(figures.topics));
  };

  const showMessages = (shot) => {
    const known = [...series.values()].map((each) => ({ each, rate: rateOf(each.points) }));
    known.sort((a, b) => b.rate - a.rate || total(b.each) - total(a.each));
    fillTable("messages", known.slice(0, MOST_ROWS).map(({ each, rate: now }) => {
      const isIn = each.direction === "in";
      return { className: each.direction, cells: [
        { tag: "th", className: "name", fill: (cell) => {
          if (cell.firstChild === null) {
            const arrow = make("span", "arrow");
            arrow.setAttribute("aria-hidden", "true");
            cell.append(arrow, make("span"), make("span", "unseen"));
          }
          setText(cell.children[0], isIn ? "↓ " : "↑ ");
          setText(cell.children[1], each.type);
          setText(cell.children[2], isIn ? " received" : " sent");
        } },
        number(rate(now) + "/s"),
        number(whole.format(total(each)), "wide"),
        { className: "picture", fill: (cell) => draw(cell, each.points, shot.at, each.type + (isIn ? " received" : " sent")) },
      ] };
    }), "The protocol has no messages");
  };
  const total = (each) => each.points[each.points.length - 1].total;

  const showConnections = (shot) => {
    const { worst, figures } = shot;
    setText($("connections-note"), worst.length < figures.connections
      ? "The " + worst.length + " worst of " + whole.format(figures.connections)
      : "All " + whole.format(figures.connections));
    fillTable("connections", worst.map((each) => ({ cells: [
      { tag: "th", className: "name", text: each.name },
      number(bytes(each.queuedBytes)),
      number(whole.format(each.handlersInFlight)),
      number(whole.format(each.callsInFlight), "wide"),
      number(whole.format(each.messagesReceived), "wide"),
      number(whole.format(each.messagesSent), "wide"),
      { text: each.state, className: "wide" },
    ] })), "No connections");
  };

  const showHandlers = (shot) => fillTable("handlers", shot.handlers.slice(0, MOST_ROWS).map((each) => ({ cells: [
    { tag: "th", className: "name", text: each.name },
    number(below(each.p50)), number(below(each.p99)), number(whole.format(each.samples), "wide"),
  ] })), "None has run since this server is observed");

  const showEnds = (shot) => {
    const ends = Object.entries(shot.closed).sort((a, b) => b[1] - a[1]);
    const sum = ends.reduce((before, each) => before + each[1], 0);
    fillTable("ends", ends.map((each) => ({ cells: [
      { tag: "th", className: "name", text: each[0] },
      number(whole.format(each[1])),
      { className: "bar", fill: (cell) => drawBar(cell, each[1] / sum) },
    ] })), "No connection has ended");
  };

  const showNodes = (shot) => {
    $("nodes-section").hidden = shot.nodes === undefined;
    if (shot.nodes === undefined) return;
    const { state, p50, p99, heldBytes, dropped } = shot.bus;
    const answers = p50 === undefined ? "" : ", half of its answers in " + below(p50) + ", 99 % in " + below(p99);
    const held = heldBytes === 0 ? "" : ", " + bytes(heldBytes) + " wait for it";
    const lost = dropped === 0 ? "" : ", " + whole.format(dropped) + " messages had no room";
    setText($("bus"), "The bus is " + state + answers + held + lost);
    $("bus").className = state === "up" ? "good" : "bad";
    fillTable("nodes", shot.nodes.map((each) => ({ cells: [
      { tag: "th", className: "name", text: each.name },
      { text: each.state, className: each.state === "up" ? "good" : each.state === "lost" ? "bad" : "" },
      number(each.gaps === 0 ? "0" : whole.format(each.gaps) + " (" + whole.format(each.missed) + " messages)", each.gaps > 0 ? "bad" : ""),
    ] })), "No other node is known");
  };

  const showEvents = () => fillTable("events", events.map((each) => ({ cells: [
    { fill: (cell) => {
      if (cell.firstChild === null) cell.append(make("time"));
      cell.firstChild.dateTime = new Date(each.at).toISOString();
      setText(cell.firstChild, new Date(each.at).toLocaleTimeString([], { hourCycle: "h23" }));
    } },
    { text: each.what },
    { text: each.name, className: "name" },
    { text: each.code },
  ] })), "Nothing has happened since this server is observed");

  const say = (text, className) => {
    setText($("status"), text);
    $("status").className = className;
  };

  const show = (shot) => {
    setText($("protocol"), shot.protocol.name);
    setText($("protocol-version"), "version " + shot.protocol.version);
    setText($("about"), "Typewire " + shot.version + " · schemas " + shot.protocol.fingerprint);
    document.title = shot.protocol.name + " · Typewire";
    if (isPaused) say("Paused", "warn");
    else if (shot.ready) say("Ready", "good");
    else say("Not ready: " + shot.reasons.join(", "), "bad");
    showTiles(shot);
    showMessages(shot);
    showConnections(shot);
    showHandlers(shot);
    showEnds(shot);
    showNodes(shot);
    showEvents();
    last = shot;
  };

  const take = (shot) => {
    if (shot.isWhole) {
      series.clear();
      events = [];
      for (const sample of shot.history) {
        remember(sample.at, sample.in, "in");
        remember(sample.at, sample.out, "out");
      }
    }
    remember(shot.at, shot.in, "in");
    remember(shot.at, shot.out, "out");
    events = [...shot.events.reverse(), ...events].slice(0, MOST_EVENTS);
    if (!isPaused) show(shot);
  };

  $("pause").addEventListener("click", () => {
    isPaused = !isPaused;
    $("pause").setAttribute("aria-pressed", String(isPaused));
    setText($("pause"), isPaused ? "Go on" : "Pause");
    if (isPaused) say("Paused", "warn");
  });

  const source = new EventSource("live");
  source.onmessage = (event) => take(JSON.parse(event.data));
  source.onerror = () => say("No connection to the server; trying again", "bad");
})();
`;
