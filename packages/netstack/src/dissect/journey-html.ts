import type { Journey } from './journey.ts'
import { drawJourney } from './journey-svg.ts'
import { escapeMarkup } from './svg.ts'
import { DARK, HAIRLINE, INK, LAYER_COLORS, MUTED, PALE, PAPER, SANS } from './theme.ts'
import type { DissectedField, DissectedLayer } from './tree.ts'

/** The colours of the page, and of each layer its ink and fill, as variables. */
function variables(shown: (color: string) => string): string {
  const own = { ink: INK, muted: MUTED, line: HAIRLINE, paper: PAPER, page: PALE }
  const all = Object.entries(own).map(([name, color]) => `--${name}: ${shown(color)};`)
  for (const [layer, { ink, fill }] of Object.entries(LAYER_COLORS))
    all.push(`--ink${layer}: ${shown(ink)}; --fill${layer}: ${shown(fill)};`)
  return all.join(' ')
}

const STYLE = `
:root { color-scheme: light dark; --mark: #fef9c3; ${variables((color) => color)} }
@media (prefers-color-scheme: dark) { :root { --mark: #4a4016; ${variables((color) => DARK[color] ?? color)} } }
* { box-sizing: border-box; }
body { margin: 0; padding: 24px; font: 14px/1.45 ${SANS}; color: var(--ink); background: var(--page); }
main { max-width: 1120px; margin: 0 auto; display: grid; gap: 20px; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; }
.picture { padding: 0; overflow-x: auto; } .picture svg { display: block; max-width: 100%; height: auto; }
h2 { margin: 0 0 4px; font-size: 16px; } p { margin: 0 0 14px; color: var(--muted); }
.bytes { position: sticky; top: 16px; display: grid; grid-template-columns: repeat(16, minmax(0, 1fr)); gap: 3px; font: 13px ui-monospace, 'DejaVu Sans Mono', monospace; }
.bytes span { text-align: center; padding: 3px 0; border-radius: 3px; cursor: default; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 24px; align-items: start; }
@media (max-width: 860px) { .columns { grid-template-columns: 1fr; } }
details { border-left: 4px solid; padding: 2px 0 2px 12px; margin-bottom: 12px; } summary { font-weight: 600; cursor: pointer; }
table { border-collapse: collapse; width: 100%; font-size: 13px; margin-top: 6px; }
td { padding: 2px 8px 2px 0; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
td:first-child { width: 9.5em; color: var(--muted); font: 12px ui-monospace, 'DejaVu Sans Mono', monospace; white-space: nowrap; }
td:nth-child(2) { white-space: nowrap; }
tr.on td, tr[data-f]:hover td { background: var(--mark); } .bytes span.on { outline: 2px solid var(--ink); outline-offset: -1px; font-weight: 700; }
`

// Pointing at a field marks its bytes, pointing at a byte marks its field.
const SCRIPT = `
const bytes = [...document.querySelectorAll('.bytes span')], rows = [...document.querySelectorAll('tr[data-f]')];
const range = (row) => row.dataset.f.split('-').map(Number);
const show = (from, to, row) => {
  bytes.forEach((b, i) => b.classList.toggle('on', i >= from && i < to));
  rows.forEach((r) => r.classList.toggle('on', r === row));
};
rows.forEach((row) => row.addEventListener('pointerenter', () => show(...range(row), row)));
bytes.forEach((byte, i) => byte.addEventListener('pointerenter', () => {
  const hits = rows.filter((r) => range(r)[0] <= i && i < range(r)[1]);
  const row = hits.sort((a, b) => (range(a)[1] - range(a)[0]) - (range(b)[1] - range(b)[0]))[0];
  if (row) { row.closest('details').open = true; show(...range(row), row); }
}));
document.querySelector('.columns').addEventListener('pointerleave', () => show(-1, -1));
`

function fieldRows(fields: readonly DissectedField[], depth: number): string {
  return fields
    .map((field) => {
      const place = field.end - field.start <= 1 ? String(field.start) : `${field.start}-${field.end - 1}`
      const bits =
        field.bits === undefined ? '' : ` bit ${field.bit}${field.bits > 1 ? `-${field.bit! + field.bits - 1}` : ''}`
      const note = field.note === undefined ? '' : ` (${field.note})`
      const label = `${'&nbsp;'.repeat(depth * 3)}${escapeMarkup(field.label)}`
      const row = `<tr data-f="${field.start}-${field.end}"><td>${place}${bits}</td><td>${label}</td><td>${escapeMarkup(field.text + note)}</td></tr>`
      return row + fieldRows(field.fields ?? [], depth + 1)
    })
    .join('\n')
}

function layerTable(layer: DissectedLayer): string {
  const source =
    layer.source === '' ? '' : ` <span style="color:var(--muted);font-weight:400">${escapeMarkup(layer.source)}</span>`
  return `<details open style="border-color:var(--ink${layer.layer})"><summary style="color:var(--ink${layer.layer})">${layer.layer} ${escapeMarkup(layer.label)}${source}</summary><table>${fieldRows(layer.fields, 0)}</table></details>`
}

/** The journey as one HTML page that needs nothing else: the picture, and the frame with every field to point at. */
export function renderJourneyPage(journey: Journey): string {
  const cells = Array.from(journey.frame, (byte, i) => {
    const owner = journey.owners[i]
    return `<span style="color:var(--ink${owner});background:var(--fill${owner})" title="byte ${i}">${byte.toString(16).padStart(2, '0')}</span>`
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The journey of a message</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<div class="card picture">${drawJourney(journey, { bytes: false })}</div>
<div class="card">
<h2>The frame, byte by byte</h2>
<p>${journey.frame.length} bytes, each in the colour of the layer that owns it. Point at a byte or at a field.</p>
<div class="columns"><div class="bytes">${cells.join('')}</div><div>${[...journey.dissection.layers].reverse().map(layerTable).join('\n')}</div></div>
</div>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`
}
