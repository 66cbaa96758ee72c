/** A file that is not what it should be: truncated, of another format, or inconsistent in itself. */
export class FileFormatError extends TypeError {
  override readonly name = 'FileFormatError';
  readonly op: string;
  readonly file: string;

  constructor(op: string, file: string, problem: string) {
    super(`${op}: ${file}: ${problem}`);
    this.op = op;
    this.file = file;
  }
}
