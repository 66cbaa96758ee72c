/** A figure as one HTML page. */
import type { Figure } from './figure.ts';
import { escapeText } from './markup.ts';
import { figureToSVG } from './svg.ts';

// Panels are nested svg elements, whose size these rules must not touch.
const style = `
:root { color-scheme: light dark }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; justify-items: center; gap: .5rem; background: #f4f4f5; font: 14px/1.5 system-ui, sans-serif; color: #444 }
body > svg { display: block; max-width: 96vw; max-height: 90vh; height: auto; background: #fff; box-shadow: 0 1px 4px #0003 }
output { min-height: 1.5em; font-variant-numeric: tabular-nums }
@media (prefers-color-scheme: dark) { body { background: #202124; color: #bbb } }
@media print { body { background: #fff; display: block } output { display: none } body > svg { box-shadow: none } }
`;

// Reads the frame and the limits that the SVG carries as data attributes, and writes text only.
const script = `
const page = document.querySelector('svg'), out = document.querySelector('output');
const panels = [...document.querySelectorAll('g.axes')].map(({ dataset: d }) => ({
  frame: d.frame.split(' ').map(Number), x: d.x.split(' ').map(Number), y: d.y.split(' ').map(Number), xscale: d.xscale, yscale: d.yscale }));
// matplotlib's symlog and its inverse.
const linear = 10 / 9;
const forward = (v, c) => Math.abs(v) <= c ? v * linear / c : Math.sign(v) * (linear + Math.log10(Math.abs(v) / c));
const back = (u, c) => Math.abs(u) <= linear ? u * c / linear : Math.sign(u) * c * 10 ** (Math.abs(u) - linear);
const at = (t, [a, b], scale = '') => {
  const c = Number(scale.split(' ')[1]);
  return scale === 'log' ? a * (b / a) ** t : c ? back(forward(a, c) + (forward(b, c) - forward(a, c)) * t, c) : a + (b - a) * t;
};
page.addEventListener('pointermove', (event) => {
  const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(page.getScreenCTM().inverse());
  out.textContent = '';
  for (const { frame: [x, y, w, h], ...panel } of panels) {
    const s = (p.x - x) / w, t = 1 - (p.y - y) / h;
    if (s >= 0 && s <= 1 && t >= 0 && t <= 1) {
      const show = (v) => String(Number(v.toPrecision(5))).replace('-', '\\u2212');
      out.textContent = 'x = ' + show(at(s, panel.x, panel.xscale)) + '   y = ' + show(at(t, panel.y, panel.yscale));
    }
  }
});
page.addEventListener('pointerleave', () => { out.textContent = ''; });
`;

export function figureToHTML(figure: Figure): string {
  const title = figure.heading || figure.axes.find((axes) => axes.heading !== '')?.heading || `Figure ${figure.number}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${style}</style>
</head>
<body>
${figureToSVG(figure)}<output></output>
<script>${script}</script>
</body>
</html>
`;
}
