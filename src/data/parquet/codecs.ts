/** Decompression of pages, to no more than their headers say and their bytes can hold. */
import { createRequire } from 'node:module';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { snappyUncompress, type CompressionCodec } from 'hyparquet';
import type { Fail } from '../../io/source.ts';

/** How many bytes one may become: the longest copies that the formats have; zstd's and Brotli's runs are practically endless. */
const MAX_RATIOS: Readonly<Partial<Record<CompressionCodec, number>>> = { UNCOMPRESSED: 1, SNAPPY: 22, GZIP: 1032, LZ4: 255, LZ4_RAW: 255, ZSTD: 32768, BROTLI: 32768 };
const SLACK_BYTES = 1024;
/** The window of the highest level that decoders must support (RFC 8878, 3.1.1.1.2). */
const ZSTD_WINDOW = 1 << 23;

const compressors = (): typeof import('hyparquet-compressors') => createRequire(import.meta.url)('hyparquet-compressors') as typeof import('hyparquet-compressors');

/** fzstd takes the memory that the frame's header asks for (RFC 8878, 3.1.1.1): no more than is known from the page's. */
function checkZstd(bytes: Uint8Array, size: number, fail: Fail): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 9 || view.getUint32(0, true) !== 0xfd2fb528) fail('has a page that is not a zstd frame');
  const descriptor = bytes[4], single = (descriptor & 32) !== 0, flag = descriptor >> 6;
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3], sizeBytes = flag === 0 ? (single ? 1 : 0) : 2 ** flag;
  if (bytes.length < at + sizeBytes) fail('has a page that is not a zstd frame');
  const content = sizeBytes === 0 ? undefined : sizeBytes === 1 ? bytes[at] : sizeBytes === 2 ? view.getUint16(at, true) + 256 : sizeBytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
  if (content !== undefined && content !== size) fail(`has a page of ${size} bytes whose zstd frame has ${content}`);
  if (!single && 2 ** (10 + (bytes[5] >> 3)) * (1 + (bytes[5] & 7) / 8) > Math.max(ZSTD_WINDOW, size)) fail('has a zstd frame with a window that is larger than its content');
}

/** The `size` bytes of a page. */
export function decompress(bytes: Uint8Array, size: number, codec: CompressionCodec, fail: Fail): Uint8Array {
  const ratio = MAX_RATIOS[codec] ?? fail(`is compressed by ${codec}, which is not supported`);
  if (!(size >= 0) || size > bytes.length * ratio + (ratio === 1 ? 0 : SLACK_BYTES)) fail(`has a page of ${bytes.length} bytes that claims to be ${size} decompressed`);
  if (codec === 'UNCOMPRESSED' || size === 0) return bytes.subarray(0, size);
  let page: Uint8Array;
  try {
    switch (codec) {
      case 'SNAPPY':
        snappyUncompress(bytes, page = new Uint8Array(size));
        break;
      case 'GZIP':
        page = gunzipSync(bytes, { maxOutputLength: size });
        break;
      case 'BROTLI':
        page = brotliDecompressSync(bytes, { maxOutputLength: size });
        break;
      case 'ZSTD':
        checkZstd(bytes, size, fail);
        page = compressors().decompressZstd(bytes);
        break;
      default:
        page = compressors()[codec === 'LZ4' ? 'decompressLz4' : 'decompressLz4Raw'](bytes, size);
    }
  } catch (error) {
    return fail(`has a page that cannot be decompressed: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (page.length !== size) fail(`has a page of ${page.length} bytes where its header says ${size}`);
  return page;
}
