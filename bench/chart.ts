/** The bar chart of a run: one bar per contender and case, logarithmic. */
import { scaleBand, scaleLog, scaleOrdinal } from 'd3-scale';
import type { Timing } from './measure.ts';

interface Row {
  readonly name: string;
  readonly group: string;
  readonly times: Readonly<Record<string, Timing>>;
}

const BAR = 9, LEFT = 330, WIDTH = 900, TOP = 50;
const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

export function drawChart(rows: readonly Row[], contenders: readonly string[]): string {
  const present = contenders.filter((c) => rows.some((row) => row.times[c]));
  const all = rows.flatMap((row) => Object.values(row.times).map((t) => t.median));
  const x = scaleLog().domain([Math.min(...all) / 2, Math.max(...all) * 1.5]).range([LEFT, WIDTH - 20]);
  const y = scaleBand<number>().domain(rows.map((_, i) => i)).range([TOP, TOP + rows.length * (present.length * BAR + 8)]).paddingInner(0.1);
  const color = scaleOrdinal<string, string>().domain(contenders).range(['#d62728', '#1f77b4', '#2ca02c', '#98df8a', '#9467bd']);
  const height = TOP + rows.length * (present.length * BAR + 8) + 30;
  const parts: string[] = [];
  for (let power = 1; power <= 10; power++) {
    const at = x(10 ** power);
    if (at < LEFT || at > WIDTH - 20) continue;
    const unit = power < 3 ? `${10 ** power} ns` : power < 6 ? `${10 ** (power - 3)} us` : `${10 ** (power - 6)} ms`;
    parts.push(`<line x1="${at}" x2="${at}" y1="${TOP - 6}" y2="${height - 24}" stroke="#ddd"/><text x="${at}" y="${height - 10}" text-anchor="middle">${unit}</text>`);
  }
  rows.forEach((row, i) => {
    const top = y(i) ?? 0;
    parts.push(`<text x="${LEFT - 8}" y="${top + (present.length * BAR) / 2 + 4}" text-anchor="end">${escape(row.name)}</text>`);
    present.forEach((name, k) => {
      const time = row.times[name];
      if (time) parts.push(`<rect x="${LEFT}" y="${top + k * BAR}" width="${Math.max(x(time.median) - LEFT, 1)}" height="${BAR - 1}" fill="${color(name)}"><title>${escape(name)}: ${time.median.toFixed(0)} ns</title></rect>`);
    });
  });
  const legend = present.map((name, i) => `<rect x="${LEFT + i * 110}" y="18" width="12" height="12" fill="${color(name)}"/><text x="${LEFT + 18 + i * 110}" y="28">${escape(name)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/><text x="12" y="28" font-size="14">time per call, logarithmic</text>${legend.join('')}${parts.join('')}</svg>\n`;
}
