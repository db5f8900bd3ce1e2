// The looks of the page: one style sheet, light and dark, from a phone's width up. Its text is part of the page, and its
// digest of the page's content security policy.

export const pageStyle = String.raw`
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --line: #d9dde3; --text: #16191d; --soft: #545c66;
  --in: #0b6bcb; --out: #8a4baf; --good: #12713c; --bad: #b3261e; --warn: #8a5300;
  --in-fill: #0b6bcb22; --out-fill: #8a4baf22;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101317; --card: #191d23; --line: #303741; --text: #e9ecf0; --soft: #a5afbb;
    --in: #6db3f8; --out: #cb9dee; --good: #6fd69a; --bad: #ff9b92; --warn: #f1c069;
    --in-fill: #6db3f82e; --out-fill: #cb9dee2e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .4rem .8rem; z-index: 1; }
header, main, footer { max-width: 84rem; margin: 0 auto; padding: 0 1rem; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1rem; padding-top: 1rem; }
h1 { font-size: 1.25rem; margin: 0; overflow-wrap: anywhere; }
h1 small { color: var(--soft); font-weight: 400; font-size: .9rem; }
h2 { font-size: 1rem; margin: 0 0 .6rem; }
h2 small { color: var(--soft); font-weight: 400; font-size: .85rem; }
#status { border: 1px solid currentColor; border-radius: 1rem; padding: .1rem .7rem; font-size: .9rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
button {
  margin-left: auto; font: inherit; color: inherit; background: var(--card); cursor: pointer;
  border: 1px solid var(--soft); border-radius: .4rem; min-height: 2.2rem; padding: 0 .9rem;
}
:focus-visible { outline: 3px solid var(--in); outline-offset: 2px; }
main { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); padding-top: 1rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1rem; min-width: 0; }
.pair { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); align-items: start; }
.tiles { display: grid; gap: .8rem 1rem; grid-template-columns: repeat(auto-fill, minmax(8.2rem, 1fr)); margin: 0; }
.tiles div { min-width: 0; }
dt { color: var(--soft); font-size: .82rem; }
dd { margin: 0; font-size: 1.3rem; font-weight: 600; line-height: 1.25; overflow-wrap: anywhere; }
dd small { font-size: .8rem; font-weight: 400; color: var(--soft); }
.scroll { overflow: auto; max-height: 26rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); font-size: .82rem; padding-bottom: .3rem; }
th, td { text-align: left; padding: .28rem .9rem .28rem 0; border-bottom: 1px solid var(--line); vertical-align: middle; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { position: sticky; top: 0; background: var(--card); color: var(--soft); font-size: .8rem; font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 500; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
.name { font-family: ui-monospace, monospace; font-size: .87rem; min-width: 9rem; overflow-wrap: anywhere; }
.empty td { color: var(--soft); }
.picture { width: 45%; min-width: 6rem; padding-right: 0; }
svg { display: block; width: 100%; height: 1.9rem; overflow: visible; }
svg path { vector-effect: non-scaling-stroke; stroke-width: 1.5; }
.in path.line { stroke: var(--in); fill: none; } .in path.area { fill: var(--in-fill); stroke: none; }
.out path.line { stroke: var(--out); fill: none; } .out path.area { fill: var(--out-fill); stroke: none; }
.in .arrow { color: var(--in); } .out .arrow { color: var(--out); }
.bar { width: 40%; min-width: 4rem; padding-right: 0; }
.bar rect { fill: var(--in); } .bar svg { height: .6rem; }
time { white-space: nowrap; }
footer { color: var(--soft); font-size: .82rem; padding: 1rem; overflow-wrap: anywhere; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none; }
@media (max-width: 40rem) {
  .wide { display: none; }
  section { padding: .8rem; }
  th, td { padding-right: .6rem; }
  .picture { width: 34%; min-width: 4.5rem; }
  .name { min-width: 6rem; }
  dd { font-size: 1.15rem; }
}
@media (prefers-contrast: more) { :root { --soft: var(--text); --line: var(--text); } }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`;
