/** How far a loop has come: a bar on a terminal, a line now and then where output is kept. */

/**
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.total
 * @param {number} [options.every] steps between lines where there is no terminal; 0 prints none
 * @param {(step: number, note: string) => string} [options.line] such a line
 * @param {NodeJS.WriteStream} [options.stream]
 * @returns {Promise<{ update(step: number, note?: string): void, stop(): void }>}
 */
export async function progress({ label, total, every = Math.ceil(total / 10), line, stream = process.stdout }) {
  if (!stream.isTTY || process.env.TERM === 'dumb') {
    const print = line ?? ((step, note) => `${label}: ${step}/${total}${note && `, ${note}`}`);
    let next = 0;
    return {
      update(step, note = '') {
        if (every === 0 || (step < next && step !== total)) return;
        stream.write(`${print(step, note)}\n`);
        next = step + every;
      },
      stop() {},
    };
  }
  const { SingleBar } = await import('cli-progress');
  const bar = new SingleBar({
    stream, format: `${label} {bar} {value}/{total} {note}`, barCompleteChar: '█', barIncompleteChar: '░', barsize: 30,
    hideCursor: true, etaBuffer: 50, fps: 20, stopOnComplete: false,
  });
  bar.start(total, 0, { note: '' });
  return {
    update: (step, note = '') => bar.update(step, { note }),
    stop: () => bar.stop(),
  };
}
