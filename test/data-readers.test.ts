/** Readers of CSV, NDJSON, Parquet, IDX and image files; the files of other tools are made by fixtures/make-data.py. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import {
  DataLoader, decodeImage, encodeJpeg, encodePng, FashionMNIST, ImageFolder, MNIST, openParquet, readCsv, readFile, readImage, readNdjson, readParquet, streamCsv, streamNdjson, streamParquet, transforms,
  writeJpeg, writePng, type CsvOptions, type Row,
} from 'flambeau/data';
import { readJson } from './fixtures/conformance.ts';

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'flambeau-readers-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const csv = (text: string, options: CsvOptions = {}): ReturnType<typeof readCsv> => readCsv(bytes(text), options);
const fixture = (name: string): string => new URL(`fixtures/data/${name}`, import.meta.url).pathname;
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
}

describe('a CSV file', () => {
  const text = 'name,age,height,member\n"Ada, L.",36,1.65,true\n"Bo ""B""\n2",41,,false\n\nCy,29,1.8,true\n';

  test('gives typed columns, rows, and tensors', async () => {
    const table = await csv(text);
    expect(table.types).toEqual({ name: 'string', age: 'int64', height: 'float64', member: 'bool' });
    expect([...table]).toEqual([
      { name: 'Ada, L.', age: 36, height: 1.65, member: true }, { name: 'Bo "B"\n2', age: 41, height: NaN, member: false }, { name: 'Cy', age: 29, height: 1.8, member: true },
    ]);
    expect(table.column('age')).toEqual(BigInt64Array.of(36n, 41n, 29n));
    expect([table.tensor('age').dtype, table.tensor('member').dtype, table.tensor('height', { dtype: 'float32' }).dtype]).toEqual(['int64', 'bool', 'float32']);
    const x = table.toTensor(['height', 'age']);
    expect([x.dtype, x.shape]).toEqual(['float32', [3, 2]]);
    expect(x.select(1, 1).tolist()).toEqual([36, 41, 29]);
    expect(table.toTensor({ dtype: 'float64' }).shape).toEqual([3, 3]);
  });

  test('comes from a file, an address, a stream or memory, gzipped or not', async () => {
    const plain = join(folder, 'people.csv'), packed = join(folder, 'people.csv.gz');
    writeFileSync(plain, text);
    writeFileSync(packed, gzipSync(text));
    const expected = [...(await csv(text))];
    for (const source of [plain, packed, pathToFileURL(plain), pathToFileURL(packed), gzipSync(text), Readable.from([bytes(text)]), new Blob([text]).stream() as unknown as AsyncIterable<Uint8Array>]) {
      expect([...(await readCsv(source))]).toEqual(expected);
    }
    // One byte at a time: characters, quotes and gzip's own first bytes are cut anywhere.
    expect([...(await readCsv(Readable.from([...bytes(text)].map((byte) => Uint8Array.of(byte)))))]).toEqual(expected);
    expect([...(await readCsv(Readable.from([...gzipSync(text)].map((byte) => Uint8Array.of(byte)))))]).toEqual(expected);
  });

  test('comes over http, and says what the server answers', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/people.csv') response.end(gzipSync(text));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect((await readCsv(`${address}/people.csv`)).length).toBe(3);
      expect((await readCsv(new URL('/people.csv', address))).length).toBe(3);
      await expect(readCsv(`${address}/none`)).rejects.toThrow(/readCsv: http.*none: answered 404 Not Found/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('is read with the columns, types, delimiter and rows that are asked for', async () => {
    const table = await csv('# made by hand\na;b;c\n1;2;3\n4;5;6\n7;8;9\n', { delimiter: ';', comment: '#', columns: ['c', 'a'], types: { a: 'float32' }, maxRows: 2 });
    expect([table.types, [...table]]).toEqual([{ c: 'int64', a: 'float32' }, [{ c: 3, a: 1 }, { c: 6, a: 4 }]]);
    expect([...(await csv('1,2\n3,4', { header: false }))]).toEqual([{ column_0: 1, column_1: 2 }, { column_0: 3, column_1: 4 }]);
    expect([...(await csv('x,y\n1,2', { names: ['a', 'b'] }))]).toEqual([{ a: 1, b: 2 }]);
    expect([...(await csv("'a b',1\r\n'it''s',2\r\n", { header: false, quote: "'", skipRows: 1 }))]).toEqual([{ column_0: "it's", column_1: 2 }]);
    expect([...(await readCsv(Uint8Array.of(0x61, 0x0a, 0xe9), { encoding: 'latin1' }))]).toEqual([{ a: 'é' }]);
  });

  test('has missing values as NaN and null, filled, or as errors', async () => {
    const holes = 'a,b,c\n1,x,true\n,NA,\n3,z,false\n';
    expect([...(await csv(holes))]).toEqual([{ a: 1, b: 'x', c: 'true' }, { a: NaN, b: null, c: null }, { a: 3, b: 'z', c: 'false' }]);
    const filled = await csv(holes, { fill: { a: 0, b: '?', c: false } });
    expect([filled.types, filled.get(1)]).toEqual([{ a: 'int64', b: 'string', c: 'bool' }, { a: 0, b: '?', c: false }]);
    expect((await csv(holes, { fill: -1 })).get(1)).toEqual({ a: -1, b: null, c: null });
    await expect(csv(holes, { missing: 'error' })).rejects.toThrow(/row 2, column "a": has no value/);
    await expect(csv(holes, { types: { a: 'int32' } })).rejects.toThrow(/row 2, column "a": has no value, and int32 has none that stands for it: give a fill/);
    expect((await csv('a\n-\n2\n', { naValues: ['-'] })).types).toEqual({ a: 'float64' });
  });

  test('has integers that become floats when they have to, unless they are said to be integers', async () => {
    for (const [late, value] of [['1.5', 1.5], ['', NaN]] as const) {
      const table = await csv(`a,b\n1,1\n2,1\n${late},1\n`, { inferRows: 2 });
      expect([table.types, [...table.column('a')]]).toEqual([{ a: 'float64', b: 'int64' }, [1, 2, value]]);
      await expect(csv(`a,b\n1,1\n2,1\n${late},1\n`, { types: { a: 'int64' } })).rejects.toThrow(/row 3, column "a"/);
    }
  });

  test('is inferred as pandas does: what looks like a number is one', async () => {
    const table = await csv('int,big,float,text,inf,hex,blank\n+7,9007199254740993,1e3,1.2.3,-inf,0x10,\n-8,5,.5,7,Infinity,1,\n');
    expect(table.types).toEqual({ int: 'int64', big: 'int64', float: 'float64', text: 'string', inf: 'float64', hex: 'string', blank: 'float64' });
    expect(table.get(0)).toEqual({ int: 7, big: 9007199254740993n, float: 1000, text: '1.2.3', inf: -Infinity, hex: '0x10', blank: NaN });
  });

  test('streams rows and tables in memory that does not grow with it', async () => {
    const lines = (function* () {
      yield bytes('i,half\n');
      for (let i = 0; i < 20_000; i++) yield bytes(`${i},${i / 2}\n`);
    })();
    let sum = 0, count = 0;
    for await (const row of streamCsv(Readable.from(lines), { inferRows: 100 })) {
      sum += row.half as number;
      count++;
    }
    expect([count, sum]).toEqual([20_000, (19_999 * 20_000) / 4]);
    const path = join(folder, 'long.csv');
    writeFileSync(path, `a\n${'1\n'.repeat(1000)}`);
    const stream = streamCsv(path, { chunkSize: 300, inferRows: 10 });
    for (let loop = 0; loop < 2; loop++) expect((await all(stream.chunks())).map((table) => table.length)).toEqual([300, 300, 300, 100]);
    expect((await all(stream)).length).toBe(1000);
    for await (const row of stream) {
      expect(row).toEqual({ a: 1 });
      break;
    }
  });

  test('makes classes of text, and batches', async () => {
    const table = await csv('x,kind\n1,b\n2,a\n3,b\n4,NA\n');
    const { codes, categories } = table.factorize('kind');
    expect([codes.tolist(), categories]).toEqual([[0, 1, 0, -1], ['b', 'a']]);
    const [batch] = [...new DataLoader(table.select(['x']).slice(1, 3), { batchSize: 2 })] as unknown as { x: torch.Tensor }[];
    expect(batch.x.tolist()).toEqual([2, 3]);
    const rows = await all(new DataLoader(streamCsv(bytes('a,b\n1,2\n3,4\n5,6')), { batchSize: 2 }) as unknown as AsyncIterable<{ a: torch.Tensor }>);
    expect(rows.map(({ a }) => a.tolist())).toEqual([[1, 3], [5]]);
  });

  test.each<readonly [string, string, CsvOptions, RegExp]>([
    ['too few fields', 'a,b\n1,2\n3\n', {}, /readCsv: the given bytes: row 2 has 1 fields where the header has 2/],
    ['too many fields', '1,2\n3,4,5\n', { header: false }, /row 2 has 3 fields where the first row has 2/],
    ['two columns of a name', 'a,a\n1,2', {}, /has two columns "a"/],
    ['an open quote', 'a\n"x', {}, /record 2 \(a header counts\): Quoted field unterminated/],
    ['nothing', '', {}, /is empty/],
    ['a missing column', 'a,b\n1,2', { columns: ['c'] }, /has no column "c", but "a", "b"/],
    ['a text among numbers', 'a\n1\nx', { types: { a: 'float32' } }, /row 2, column "a": "x" is not of type float32/],
    ['a late text among numbers', 'a\n1\n2\nx', { inferRows: 2 }, /row 3, column "a": "x" is not of type int64 \(inferred from the first 2 rows: give its type\)/],
    ['an int32 out of range', 'a\n3000000000', { types: { a: 'int32' } }, /"3000000000" is not of type int32/],
    ['a column that is a trap', '__proto__,b\n1,2', {}, /has a column '__proto__'/],
  ])('with %s throws', async (_, text, options, message) => {
    await expect(csv(text, options)).rejects.toThrow(message);
    await expect(csv(text, options)).rejects.toHaveProperty('name', 'FileFormatError');
  });

  test('that is not text, or not there, throws', async () => {
    await expect(readCsv(Uint8Array.of(0x61, 0x0a, 0xff))).rejects.toThrow(/has bytes that are not utf-8/);
    await expect(readCsv(gzipSync(text).subarray(0, 60))).rejects.toThrow(/cannot be decompressed: unexpected end of file/);
    await expect(readCsv(join(folder, 'none.csv'))).rejects.toThrow(/ENOENT/);
  });

  test.each<readonly [string, () => unknown, RegExp]>([
    ['a number for a source', () => readCsv(5 as never), /readCsv: source must be a file name, a URL, bytes or a stream, got 5/],
    ['an unknown option', () => csv(text, { sep: ';' } as never), /readCsv: option 'sep' is unknown/],
    ['a long delimiter', () => csv(text, { delimiter: '||' }), /readCsv: delimiter must be one character, got "\|\|"/],
    ['an unknown type', () => csv(text, { types: { age: 'int' as never } }), /readCsv: types must be types by column/],
    ['a fill of another type', () => csv(text, { fill: { age: 'x' } }), /column "age": fill "x" is not of type int64/],
    ['names of other columns', () => csv(text, { names: ['a'] }), /readCsv: names must name all 4 columns, got 1/],
    ['an unknown encoding', () => csv(text, { encoding: 'utf-9' }), /readCsv: encoding must be an encoding that TextDecoder knows/],
    ['an unknown column of the table', async () => (await csv(text)).tensor('size'), /Table.tensor: column must be one of "name", "age"/],
    ['text as a tensor', async () => (await csv(text)).toTensor(['name']), /Table.toTensor: column "name" has text \(see factorize\), which no tensor holds/],
  ])('refuses %s', async (_, run, message) => expect(async () => run()).rejects.toThrow(message));
});

describe('an NDJSON file', () => {
  test('gives its values, of any source, without empty lines', async () => {
    const text = '{"a":1}\n\n{"a":[2]}\r\n"é"\n5';
    expect(await readNdjson(bytes(text))).toEqual([{ a: 1 }, { a: [2] }, 'é', 5]);
    expect(await readNdjson(Readable.from([...gzipSync(text)].map((byte) => Uint8Array.of(byte))))).toEqual([{ a: 1 }, { a: [2] }, 'é', 5]);
    expect(await all(streamNdjson<{ a: number }>(bytes(text), { maxRows: 1 }))).toEqual([{ a: 1 }]);
    expect(await readNdjson(bytes(''))).toEqual([]);
  });

  test('names the line that is not JSON', async () => {
    await expect(readNdjson(bytes('{"a":1}\n\n{"a":2\n3\n'))).rejects.toThrow(/readNdjson: the given bytes: line 3: /);
    await expect(all(streamNdjson(bytes('1\n[')))).rejects.toThrow(/streamNdjson: the given bytes: line 2: /);
    await expect(readNdjson(7 as never)).rejects.toThrow(/readNdjson: source must be/);
  });
});

/** The rows that the script wrote. */
const ROWS: readonly Row[] = Array.from({ length: 20 }, (_, i) => ({
  i32: i * 3 - 7, i64: i % 7 === 3 ? NaN : i * 2 ** 40, f32: i / 4, f64: i === 5 ? NaN : i / 3, flag: i % 3 === 0, word: i === 2 ? null : ['red', 'green', 'blue'][i % 3],
  bytes: Uint8Array.of(i, 255 - i), list: i === 4 ? null : Array.from({ length: i % 4 }, (__, k) => k), point: { x: i, y: String(i) },
}));

describe('a Parquet file', () => {
  test.each(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'pages2'])('of %s is read whole', async (name) => {
    const table = await readParquet(fixture(`${name}.parquet`));
    expect(table.types).toEqual({ i32: 'int32', i64: 'float64', f32: 'float32', f64: 'float64', flag: 'bool', word: 'string', bytes: 'object', list: 'object', point: 'object' });
    expect([...table]).toEqual(ROWS);
  });

  test('of the delta and split encodings is read whole', async () => {
    const table = await readParquet(fixture('delta.parquet'));
    expect([...table]).toEqual(ROWS.map(({ i32, i64, f32, f64, word }) => ({ i32, i64, f32, f64, word })));
  });

  test('is opened without its rows, and read by columns and ranges', async () => {
    const file = await openParquet(fixture('snappy.parquet'));
    expect([file.length, file.columns.slice(0, 3), file.rowGroups]).toEqual([20, ['i32', 'i64', 'f32'], [12, 8]]);
    const table = await file.read({ columns: ['f32', 'i32'], rowStart: 10, rowEnd: 14 });
    expect(table.toTensor(['f32', 'i32']).tolist()).toEqual([[2.5, 23], [2.75, 26], [3, 29], [3.25, 32]]);
    expect((await file.read({ rowStart: 3, rowEnd: 3 })).length).toBe(0);
    expect((await file.read({ columns: ['i64'], rowEnd: 3 })).types).toEqual({ i64: 'int64' });
    expect((await all(file.stream({ columns: ['word'] }).chunks())).map(({ length }) => length)).toEqual([12, 8]);
    expect(await all(streamParquet(new Uint8Array(readFileSync(fixture('zstd.parquet'))), { columns: ['point'], rowStart: 11, rowEnd: 13 }))).toEqual([{ point: { x: 11, y: '11' } }, { point: { x: 12, y: '12' } }]);
  });

  test('refuses what it is not, and columns and rows that it does not have', async () => {
    await expect(readParquet(fixture('rgb.png'))).rejects.toThrow(/readParquet: .*rgb.png: does not end as a Parquet file does/);
    await expect(readParquet(fixture('snappy.parquet'), { columns: ['x'] })).rejects.toThrow(/columns must be of "i32", .* got "x"/);
    await expect(readParquet(fixture('snappy.parquet'), { rowStart: 5, rowEnd: 2 })).rejects.toThrow(/rowStart and rowEnd must be a range of rows, got 5 and 2/);
    await expect(readParquet(join(folder, 'none.parquet'))).rejects.toThrow(/ENOENT/);
  });
});

const IMAGES = readJson<Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>>('fixtures/data/images.json');

describe('an image file', () => {
  test.each(Object.entries(IMAGES))('%s has the pixels that Pillow reads', (name, { shape, data }) => {
    const image = readImage(fixture(name));
    expect([image.dtype, image.shape]).toEqual(['uint8', shape]);
    expect(image.flatten().tolist()).toEqual(data);
    expect(decodeImage(readFile(fixture(name))).equal(image)).toBe(true);
  });

  test('is read in the channels that are asked for', () => {
    const rgb = readImage(fixture('rgb.png'));
    expect((['UNCHANGED', 'GRAY', 'GRAY_ALPHA', 'RGB', 'RGB_ALPHA'] as const).map((mode) => readImage(fixture('gray.png'), mode).shape[0])).toEqual([1, 1, 2, 3, 4]);
    expect(readImage(fixture('rgba.png'), 'RGB').equal(rgb)).toBe(true);
    expect(readImage(fixture('rgb.png'), 'RGB_ALPHA').select(0, 3).unique().tolist()).toEqual([255]);
    const luma = rgb.float().mul(torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(0).round();
    expect(readImage(fixture('rgb.png'), { mode: 'GRAY' }).select(0, 0).float().sub(luma).abs().max().item()).toBeLessThanOrEqual(1);
  });

  test('is turned as its EXIF data says, if asked', () => {
    const plain = readImage(fixture('turned.jpg')), turned = readImage(fixture('turned.jpg'), { applyExifOrientation: true });
    expect(turned.equal(plain.rot90(-1, [1, 2]))).toBe(true);
  });

  test('is written and read back', () => {
    const rgb = readImage(fixture('rgb.png')), gray = readImage(fixture('gray.png')), path = join(folder, 'x.png'), other = join(folder, 'x.jpg');
    for (const image of [rgb, gray]) {
      expect(decodeImage(encodePng(image)).equal(image)).toBe(true);
      writePng(image, path, { compressionLevel: 9 });
      expect(readImage(path).equal(image)).toBe(true);
      writeJpeg(image, other, 100);
      expect(readImage(other).shape).toEqual(image.shape);
    }
    const smooth = torch.linspace(0, 255, 64 * 64).view(1, 64, 64).to('uint8');
    expect(decodeImage(encodeJpeg(smooth, 95)).float().sub(smooth.float()).abs().max().item()).toBeLessThan(6);
    expect(encodeJpeg(smooth, 20).shape[0]).toBeLessThan(encodeJpeg(smooth, 95).shape[0]);
  });

  test.each([1, 2, 4, 8])('of %i bits, interlaced, is read', (depth) => {
    const width = 11, height = 9, most = 2 ** depth - 1, value = (x: number, y: number): number => (x * 3 + y * 5) & most;
    // The seven passes of Adam7, with no filter: each row a byte of 0 and its samples.
    const rows: number[] = [];
    for (const [x0, y0, dx, dy] of [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]]) {
      for (let y = y0; y < height && x0 < width; y += dy) {
        let bits = '';
        for (let x = x0; x < width; x += dx) bits += value(x, y).toString(2).padStart(depth, '0');
        rows.push(0, ...(bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, '0'), 2)));
      }
    }
    const chunk = (type: string, data: Uint8Array): Buffer => {
      const out = Buffer.alloc(12 + data.length);
      out.writeUInt32BE(data.length);
      out.write(type, 4, 'latin1');
      out.set(data, 8);
      out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
      return out;
    };
    const png = Buffer.concat([Buffer.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), chunk('IHDR', Buffer.of(0, 0, 0, width, 0, 0, 0, height, depth, 0, 0, 0, 1)), chunk('IDAT', deflateSync(Uint8Array.from(rows))), chunk('IEND', Buffer.alloc(0))]);
    const expected = Array.from({ length: height }, (_, y) => Array.from({ length: width }, (__, x) => Math.floor((value(x, y) * 255) / most)));
    expect(decodeImage(png).select(0, 0).tolist()).toEqual(expected);
  });

  test('that claims more pixels than it can hold is refused before they are allocated', () => {
    const png = Buffer.from(readFileSync(fixture('gray.png')));
    png.writeUInt32BE(10_000, 16);
    png.writeUInt32BE(10_000, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    expect(() => decodeImage(png)).toThrow(/decodeImage: the given bytes: of 10000 x 10000 needs 100010000 bytes of pixels, which \d+ bytes of data cannot hold/);
    const jpeg = Buffer.from(readFileSync(fixture('gray.jpg'))), frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
    jpeg.writeUInt32BE(0xffffffff, frame + 5);
    expect(() => decodeImage(jpeg)).toThrow(/of 65535 x 65535 has more than 178956970 pixels/);
  });

  test.each<readonly [string, () => unknown, RegExp]>([
    ['another format', () => decodeImage(bytes('GIF89a')), /is neither PNG nor JPEG/],
    ['an unknown mode', () => readImage(fixture('rgb.png'), 'BGR' as never), /readImage: mode must be one of 'UNCHANGED'/],
    ['floats to write', () => encodePng(torch.ones(3, 2, 2)), /encodePng: input must be uint8, got float32/],
    ['two channels to write', () => encodeJpeg(torch.ones(2, 2, 2).to('uint8')), /encodeJpeg: input must be an image \[1 or 3, H, W\], got \[2, 2, 2\]/],
    ['a quality of 0', () => encodeJpeg(torch.ones(1, 2, 2).to('uint8'), 0), /encodeJpeg: quality must be from 1 to 100, got 0/],
    ['a tensor of floats as bytes', () => decodeImage(torch.ones(4)), /decodeImage: input must be bytes or a 1-d tensor of uint8/],
  ])('refuses %s', (_, run, message) => expect(run).toThrow(message));
});

describe('a folder of images', () => {
  test('is a dataset of its classes', () => {
    const root = join(folder, 'pets'), image = readImage(fixture('rgb.png'));
    for (const [name, count] of [['dog', 2], ['cat', 1]] as const) {
      mkdirSync(join(root, name, 'more'), { recursive: true });
      for (let i = 0; i < count; i++) writePng(image, join(root, name, i === 0 ? `${i}.png` : `more/${i}.PNG`));
    }
    writeFileSync(join(root, 'cat/notes.txt'), 'no image');
    const dataset = new ImageFolder(root, new transforms.Compose([new transforms.Resize([4, 4]), new transforms.ToTensor()]));
    expect([dataset.classes, dataset.classToIdx, dataset.targets, dataset.length]).toEqual([['cat', 'dog'], { cat: 0, dog: 1 }, [0, 1, 1], 3]);
    const [x, y] = [...new DataLoader(dataset, { batchSize: 3 })][0];
    expect([x.shape, x.dtype, y.dtype, y.tolist()]).toEqual([[3, 3, 4, 4], 'float32', 'int64', [0, 1, 1]]);
    expect(new ImageFolder(root).get(2)[0].equal(image)).toBe(true);
    expect(new ImageFolder(root, { targetTransform: (target) => target.item() + 10, loader: () => torch.zeros(1), isValidFile: (path) => path.endsWith('.txt'), allowEmpty: true }).get(0)).toEqual([expect.anything(), 10]);
    expect(() => dataset.get(3)).toThrow(/ImageFolder: index 3 is out of range for size 3/);
    expect(() => new ImageFolder(root, { isValidFile: () => false })).toThrow(/ImageFolder: root has no samples of "cat", "dog"/);
    expect(() => new ImageFolder(join(root, 'cat/more'))).toThrow(/ImageFolder: root must have a folder for each class/);
    expect(() => new ImageFolder(root, { transforms: [] } as never)).toThrow(/ImageFolder: option 'transforms' is unknown/);
  });
});

test('worker threads read a folder of images with its transforms, and draw what torchvision\'s would', async () => {
  const root = join(folder, 'shared/one');
  mkdirSync(root, { recursive: true });
  for (let i = 0; i < 4; i++) writePng(torch.full([3, 8, 8], i * 20).to('uint8'), join(root, `${i}.png`));
  const transform = new transforms.Compose([new transforms.RandomCrop(6), new transforms.ColorJitter(0.5), new transforms.ToTensor()]);
  const read = async (): Promise<unknown[]> => {
    torch.manualSeed(0);
    return (await all(new DataLoader(new ImageFolder(join(folder, 'shared'), transform), { batchSize: 2, numWorkers: 1 }))).map(([x, y]) => [x.shape, x.sum().item(), y.tolist()]);
  };
  const batches = await read();
  expect(batches).toEqual(await read());
  expect(batches).toEqual([[[2, 3, 6, 6], expect.any(Number), [0, 0]], [[2, 3, 6, 6], expect.any(Number), [0, 0]]]);
}, 60_000);

describe('MNIST', () => {
  const idx = (type: number, shape: readonly number[], data: readonly number[]): Buffer => Buffer.concat([Buffer.of(0, 0, type, shape.length), ...shape.map((size) => Buffer.of(0, 0, size >> 8, size & 255)), Buffer.from(data)]);

  test('is a dataset of images and classes, where torchvision puts its files or right there', () => {
    const images = idx(8, [3, 2, 2], Array.from({ length: 12 }, (_, i) => i * 20)), labels = idx(8, [3], [7, 0, 9]);
    for (const [name, type] of [['MNIST', MNIST], ['FashionMNIST', FashionMNIST]] as const) {
      const raw = join(folder, name, 'raw');
      mkdirSync(raw, { recursive: true });
      writeFileSync(join(raw, 'train-images-idx3-ubyte'), images);
      writeFileSync(join(raw, 'train-labels-idx1-ubyte.gz'), gzipSync(labels));
      const dataset = new type(folder), [image, target] = dataset.get(2);
      expect([dataset.length, dataset.data.shape, dataset.targets.tolist(), image.shape, image.dtype, target.item()]).toEqual([3, [3, 2, 2], [7, 0, 9], [1, 2, 2], 'uint8', 9]);
      expect(new type(raw, { transform: new transforms.ToTensor(), targetTransform: (y) => y.item() % 2 }).get(0)).toEqual([expect.objectContaining({ shape: [1, 2, 2], dtype: 'float32' }), 1]);
      // The classes of a batch go to the loss as they are.
      const [[x, y]] = new DataLoader(new type(folder, { transform: new transforms.ToTensor() }), 3);
      expect([y.dtype, torch.nn.functional.crossEntropy(torch.cat([x.flatten(1), torch.zeros(3, 6)], 1), y).shape]).toEqual(['int64', []]);
      expect(() => new type(folder, false)).toThrow(new RegExp(`${name}: root must have a file "t10k-images-idx3-ubyte"`));
      expect(type.classes.length).toBe(10);
    }
  });
});
