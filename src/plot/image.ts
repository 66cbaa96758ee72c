/** Pixels of an image artist as a PNG inside of a data URI. */
import { crc32, deflateSync } from 'node:zlib';
import type { ImageArtist } from './artists.ts';

function chunk(type: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, data.length + 8)), data.length + 8);
  return out;
}

/** PNG (ISO/IEC 15948) of RGBA rows, 8 bits per channel, no filter. */
export function encodePng(width: number, height: number, rgba: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (width * 4 + 1));
  for (let i = 0; i < height; i++) rows.set(rgba.subarray(i * width * 4, (i + 1) * width * 4), i * (width * 4 + 1) + 1);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', new Uint8Array())]);
}

export function imageUri({ rows, columns, rgba }: Pick<ImageArtist, 'rows' | 'columns' | 'rgba'>, mirror: boolean, flip: boolean): string {
  let turned = rgba;
  if (mirror || flip) {
    const from = new Uint32Array(rgba.slice().buffer);
    const to = new Uint32Array(from.length);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) to[i * columns + j] = from[(flip ? rows - 1 - i : i) * columns + (mirror ? columns - 1 - j : j)];
    }
    turned = new Uint8Array(to.buffer);
  }
  return `data:image/png;base64,${encodePng(columns, rows, turned).toString('base64')}`;
}
