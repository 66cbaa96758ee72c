/** SVG to PNG by resvg, compiled to WebAssembly; loaded at the first PNG and not before. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';
import { pixelated } from './svg-artists.ts';

type Resvg = typeof import('@resvg/resvg-wasm').Resvg;

/**
 * Unpacks WOFF 1.0 (W3C), the form in which the font is published, to the OpenType file that resvg reads:
 * the same tables, inflated, behind a directory of 16 instead of 20 bytes per table.
 */
export function unpackWoff(woff: Buffer): Buffer {
  const count = woff.readUInt16BE(12);
  const directory = Buffer.alloc(12 + 16 * count);
  woff.copy(directory, 0, 4, 8);
  directory.writeUInt16BE(count, 4);
  const tables: Buffer[] = [];
  let offset = directory.length;
  for (let i = 0; i < count; i++) {
    const entry = 44 + 20 * i;
    const [from, packed, length] = [4, 8, 12].map((field) => woff.readUInt32BE(entry + field));
    const raw = woff.subarray(from, from + packed);
    const table = Buffer.alloc((length + 3) & ~3);
    table.set(packed < length ? inflateSync(raw) : raw);
    tables.push(table);
    woff.copy(directory, 12 + 16 * i, entry, entry + 4);
    directory.writeUInt32BE(woff.readUInt32BE(entry + 16), 16 + 16 * i);
    directory.writeUInt32BE(offset, 20 + 16 * i);
    directory.writeUInt32BE(length, 24 + 16 * i);
    offset += table.length;
  }
  return Buffer.concat([directory, ...tables]);
}

async function load(): Promise<{ Resvg: Resvg; font: Uint8Array }> {
  const require = createRequire(import.meta.url);
  const [{ initWasm, Resvg }, wasm, woff] = await Promise.all([
    import('@resvg/resvg-wasm'),
    readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')),
    readFile(require.resolve('@fontsource/dejavu-sans/files/dejavu-sans-latin-400-normal.woff')),
  ]);
  await initWasm(wasm);
  return { Resvg, font: unpackWoff(woff) };
}

let renderer: ReturnType<typeof load> | undefined;

export async function rasterize(svg: string, zoom: number): Promise<Uint8Array> {
  const { Resvg, font } = await (renderer ??= load());
  const family = 'DejaVu Sans';
  // `pixelated` is newer than this resvg; removed, it uncovers the attribute with the name of SVG 1.1.
  const image = new Resvg(svg.replaceAll(pixelated, ''), {
    fitTo: { mode: 'zoom', value: zoom },
    font: { fontBuffers: [font], defaultFontFamily: family, sansSerifFamily: family },
  });
  const rendered = image.render();
  const png = rendered.asPng();
  rendered.free();
  image.free();
  return png;
}
