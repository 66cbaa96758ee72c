/** Drawing units are hundredths of an inch, whatever the dpi; styles are given in points. */
export const unitsPerInch = 100;
export const point = unitsPerInch / 72;

export const sizes = {
  tickLabel: 10 * point,
  axisLabel: 10 * point,
  title: 12 * point,
  suptitle: 14 * point,
  tick: 3.5 * point,
  minorTick: 2 * point,
  tickGap: 3.5 * point,
  labelGap: 4 * point,
  titleGap: 6 * point,
  colorbarGap: 9 * point,
} as const;
