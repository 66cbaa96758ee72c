/** How wide text is in DejaVu Sans, the font of the figures, without loading it. */

// Advances of U+0020..U+007E in thousandths of the font size, from the hmtx table of DejaVu Sans 2.37.
const ascii = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
  1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
  500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

function advance(code: number): number {
  if (code >= 0x20 && code < 0x7f) return ascii[code - 0x20];
  if (code === 0x2212) return 838;
  if (code === 0xb2 || code === 0xb3 || code === 0xb9 || (code >= 0x2070 && code <= 0x2079)) return 401;
  if (code === 0x207b) return 528;
  return code >= 0x1100 ? 1000 : 650;
}

export function textWidth(text: string, fontSize: number): number {
  let sum = 0;
  for (const char of text) sum += advance(char.codePointAt(0) ?? 0);
  return (sum * fontSize) / 1000;
}

/** Lines of a text, which break at newlines only. */
export function textLines(text: string): readonly string[] {
  return text.split('\n');
}

export function blockWidth(text: string, fontSize: number): number {
  return Math.max(...textLines(text).map((line) => textWidth(line, fontSize)));
}

/** Distance between baselines, as a multiple of the font size. */
export const lineHeight = 1.2;

export function blockHeight(text: string, fontSize: number): number {
  return textLines(text).length * lineHeight * fontSize;
}
