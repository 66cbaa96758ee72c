/**
 * The call frame: the one place where a kernel call's geometry is written, for both backends.
 *
 * A call is an iteration space of up to {@link MAX_DIMS} dimensions and up to {@link MAX_OPERANDS} strided operands
 * over it (operand 0 is the output). A dimension along which an operand does not move has stride 0 there. The frame
 * is one shared `Int32Array` (with a `Float64Array` alias for numbers) that is overwritten by every call: it is valid
 * from the moment the planner fills it until the backend method returns. `native/call.cpp` decodes the same layout.
 */
export const MAX_DIMS = 16;
export const MAX_OPERANDS = 8;

/** Int32 positions. */
export const OP = 0;
export const NDIM = 1;
export const OPERANDS = 2;
/** dims at DIMS .. DIMS + MAX_DIMS - 1 */
export const DIMS = 4;
/** family parameters at INTS .. INTS + 15 */
export const INTS = 20;
/** operand k at OPERAND + k * OPERAND_SIZE: argument index, dtype code, offset (elements), unused, strides[16] */
export const OPERAND = 36;
export const OPERAND_SIZE = 20;
export const ARG = 0;
export const DTYPE = 1;
export const OFFSET = 2;
export const STRIDES = 4;
/** Float64 positions: immediates of operands 0..7 at FLOATS .. FLOATS + 7, family parameters at FLOATS + 8 .. FLOATS + 15. */
export const FLOATS = 98;
export const PARAMS = FLOATS + 8;
/** Frame length in int32 units. */
export const FRAME_LENGTH = (FLOATS + 16) * 2;

/** Argument index of an operand that is an immediate number, written in the frame's float slot of that operand. */
export const IMMEDIATE = -1;
/** Argument index of an optional operand that is not given. */
export const ABSENT = -2;

// A SharedArrayBuffer cannot be detached, so native code may keep its address for the life of the process.
const buffer = new SharedArrayBuffer(FRAME_LENGTH * 4);
export const frame = new Int32Array(buffer);
export const frameFloats = new Float64Array(buffer);
/** Immediates of int64 operands are stored as 64-bit integers in the same float slots. */
export const frameBigInts = new BigInt64Array(buffer);
