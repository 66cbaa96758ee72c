/**
 * Anomaly mode names what made the first NaN. The names of derivatives and the outputs are those that PyTorch 2.13 reports
 * for the same programs (torch.autograd.detect_anomaly).
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AnomalyError, AutogradError, Tensor, autograd, div, func, full, nn, noGrad, ones, optim, randn, setBackend, tensor, utils, zeros,
} from 'flambeau';
import { BACKENDS } from './fixtures/backends.ts';

const { detectAnomaly, setDetectAnomaly } = autograd;

function caught(fn: () => unknown): AnomalyError {
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(AnomalyError);
    return error as AnomalyError;
  }
  throw new Error('nothing was thrown');
}

/** Its forward is finite, its derivative is not. */
class Broken extends autograd.Function {
  static override forward(_ctx: autograd.Context, x: Tensor): Tensor {
    return x.clone();
  }

  static override backward(_ctx: autograd.Context, g: Tensor): Tensor {
    return g.mul(NaN);
  }
}

describe.each(BACKENDS)('on the %s backend', (backend) => {
  beforeEach(() => setBackend(backend));
  afterEach(() => expect(autograd.isAnomalyEnabled()).toBe(false));

  describe('backward', () => {
    test('throws the error of PyTorch for the derivative that gives NaN', () => {
      const x = tensor([0, 1], { requiresGrad: true });
      const error = caught(() => detectAnomaly(() => x.sqrt().mul(0).sum().backward()));
      expect(error.message).toBe("Function 'SqrtBackward0' returned nan values in its 0th output.");
      expect(error).toBeInstanceOf(AutogradError);
      expect(error).toMatchObject({ name: 'AnomalyError', function: 'SqrtBackward0', output: 0, phase: 'backward' });
    });

    test('says which output of the derivative it is', () => {
      const x = tensor([Infinity], { requiresGrad: true }), y = tensor([1], { requiresGrad: true });
      const error = caught(() => detectAnomaly(() => x.mul(y).backward(tensor([0]))));
      expect(error.message).toBe("Function 'MulBackward0' returned nan values in its 1th output.");
    });

    test('carries the stack of the forward call, from the code that called the library on', () => {
      const x = tensor([0, 1], { requiresGrad: true });
      function theCulprit(): Tensor {
        return x.sqrt();
      }
      const error = caught(() => detectAnomaly(() => theCulprit().mul(0).sum().backward()));
      const trace = error.cause as Error;
      expect(trace.message).toBe('Error detected in SqrtBackward0. Traceback of forward call that caused the error: sqrt');
      const [first] = (trace.stack as string).split('\n').filter((line) => line.includes(' at '));
      expect(first).toContain('theCulprit');
      expect(first).toContain('anomaly.test.ts');
    });

    test('names the module of the forward call', () => {
      class Root extends nn.Module {
        forward(x: Tensor): Tensor {
          return x.sqrt();
        }
      }
      class Net extends nn.Module {
        readonly body = new nn.Sequential(new nn.Linear(2, 2), new Root());
        forward(x: Tensor): Tensor {
          return this.body(x);
        }
      }
      const net = new Net();
      noGrad(() => net.parameters().forEach((p) => p.zero_()));
      const error = caught(() => detectAnomaly(() => net(ones(1, 2)).mul(0).sum().backward()));
      expect(error.module).toBe('Net.body.1 (Root)');
      expect((error.cause as Error).message).toContain('sqrt, in module Net.body.1 (Root)');
    });

    test('names a Function of the user', () => {
      const x = tensor([1], { requiresGrad: true });
      const error = caught(() => detectAnomaly(() => (Broken.apply(x) as Tensor).backward()));
      expect(error.message).toBe("Function 'BrokenBackward' returned nan values in its 0th output.");
      expect((error.cause as Error).message).toContain('Error detected in BrokenBackward');
    });

    test('follows derivatives of derivatives to the forward call that induced them', () => {
      const x = tensor([0], { requiresGrad: true });
      const error = caught(() => detectAnomaly(() => {
        const [g] = autograd.grad(x.pow(1.5), x, { createGraph: true });
        autograd.grad(g.mul(0), x);
      }));
      expect(error.message).toBe("Function 'PowBackward0' returned nan values in its 0th output.");
      const trace = error.cause as Error;
      expect(trace.message).toContain('Error detected in PowBackward0');
      expect((trace.cause as Error).message).toContain('Error detected in PowBackward0');
    });

    test('says so when the forward ran outside of the mode', () => {
      const x = tensor([0, 1], { requiresGrad: true });
      const loss = x.sqrt().mul(0).sum();
      const error = caught(() => detectAnomaly(() => loss.backward()));
      expect((error.cause as Error).message).toBe('Error detected in SqrtBackward0. No forward pass information available. Enable detect anomaly during forward pass for more information.');
    });

    test('gives other errors of a derivative the stack of its forward call', () => {
      class Failing extends Broken {
        static override backward(): Tensor {
          throw new RangeError('no derivative');
        }
      }
      const x = tensor([1], { requiresGrad: true });
      let thrown: unknown;
      try {
        detectAnomaly(() => (Failing.apply(x) as Tensor).backward());
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(RangeError);
      expect(((thrown as Error).cause as Error).message).toContain('Error detected in FailingBackward');
    });

    test('does not search with checkNan: false', () => {
      const x = tensor([0, 1], { requiresGrad: true });
      detectAnomaly(() => x.sqrt().mul(0).sum().backward(), { checkNan: false });
      expect((x.grad as Tensor).tolist()).toEqual([NaN, 0]);
    });

    test('works through checkpoint', () => {
      const x = tensor([0, 1], { requiresGrad: true });
      const error = caught(() => detectAnomaly(() => utils.checkpoint.checkpoint((v: Tensor) => v.sqrt().mul(0), x).sum().backward()));
      expect(error.function).toBe('SqrtBackward0');
    });
  });

  describe('forward', () => {
    test('names the operation that made the first NaN, its arguments and its module', () => {
      class Log extends nn.Module {
        forward(x: Tensor): Tensor {
          return x.log();
        }
      }
      const model = new nn.Sequential(new nn.Identity(), new Log(), new nn.ReLU());
      const error = caught(() => detectAnomaly(() => model(tensor([[1, -1, 2]]))));
      expect(error.message).toBe("Function 'log' returned nan values in its 0th output, and made the first ones: called with float32 [1, 3], in module Sequential.1 (Log).");
      expect(error).toMatchObject({ function: 'log', output: 0, phase: 'forward', module: 'Sequential.1 (Log)', shapes: [[1, 3]] });
    });

    test('has a stack that begins where the operation was called', () => {
      function theCulprit(): Tensor {
        return tensor([-1]).log();
      }
      const error = caught(() => detectAnomaly(theCulprit));
      expect((error.stack as string).split('\n').slice(0, 2)).toEqual([`AnomalyError: ${error.message}`, expect.stringMatching(/theCulprit .*anomaly\.test\.ts/)]);
    });

    test.each<[string, (x: Tensor) => unknown]>([
      ['div', (x) => x.div(x)],
      ['div', (x) => div(x, x)],
      ['sub', () => full([2], Infinity).sub(full([2], Infinity))],
      ['log_', (x) => x.sub(1).log_()],
      ['matmul', () => full([1, 2], Infinity).matmul(tensor([[1], [-1]]))],
      ['linear', () => nn.functional.linear(full([1, 2], Infinity), tensor([[1, -1]]))],
      ['std', () => ones(1).std()],
      ['lpPool1d', () => nn.functional.lpPool1d(full([1, 1, 4], -1), 1.5, 2)],
      ['mean', () => zeros(0).mean()],
      ['softmax', () => full([3], -Infinity).softmax(0)],
      ['acos', () => tensor([2]).half().acos()],
      ['asin', () => tensor([0.5, 2]).bfloat16().asin()],
      ['sqrt', (x) => x.sub(1).double().sqrt()],
    ])('finds %s', (name, fn) => {
      expect(caught(() => detectAnomaly(() => fn(tensor([0, 0])))).function).toBe(name);
    });

    test('does not blame what receives NaN, nor what is asked to write it', () => {
      detectAnomaly(() => {
        const x = tensor([1, NaN]);
        x.add(1).mul(2).sum();
        full([2], NaN);
        ones(2).maskedFill(tensor([true, false]), NaN).mul(2);
        ones(2).mul(NaN);
        x.nanToNum().sum();
        // Memory of a tensor of NaN, given back and not yet written.
        full([50], NaN).dispose();
        ones(2).newEmpty(50).zero_().log1p();
        expect(x.isnan().tolist()).toEqual([false, true]);
      });
    });

    test('searches only what a view shows', () => {
      const x = tensor([[1, NaN], [2, 3]]);
      detectAnomaly(() => x.select(0, 1).log());
      expect(caught(() => detectAnomaly(() => x.t().select(1, 1).sub(2.5).log())).function).toBe('log');
    });

    test('sees every sample of a vmap', () => {
      const error = caught(() => detectAnomaly(() => func.vmap((v: Tensor) => v.log())(tensor([[1, 2], [3, -1]]))));
      expect(error.function).toBe('log');
    });

    test('names the step of an optimizer', () => {
      const w = tensor([1], { requiresGrad: true });
      const optimizer = new optim.Adam([w], { lr: 1 });
      w.grad = tensor([Infinity]);
      const error = caught(() => detectAnomaly(() => optimizer.step()));
      expect(error.function).toBe('Optimizer.step#Adam.step');
    });

    test('is left out with checkForward: false', () => {
      expect(detectAnomaly(() => tensor([-1]).log(), { checkForward: false }).isnan().item()).toBe(true);
    });
  });

  test('a healthy training step is what it is without the mode', () => {
    const run = (within: <T>(fn: () => T) => T): unknown => within(() => {
      const w = tensor([[1, -2], [3, 4]], { requiresGrad: true });
      const optimizer = new optim.SGD([w], { lr: 0.1, momentum: 0.9 });
      for (let step = 0; step < 3; step++) {
        optimizer.zeroGrad();
        nn.functional.crossEntropy(tensor([[1, 2], [3, 4]]).matmul(w), tensor([0, 1], { dtype: 'int64' })).backward();
        optimizer.step();
      }
      return w.tolist();
    });
    expect(run((fn) => detectAnomaly(fn))).toEqual(run((fn) => fn()));
  });
});

describe('the mode', () => {
  test('is a scope, by callback and by using, that nests', () => {
    expect(autograd.isAnomalyEnabled()).toBe(false);
    detectAnomaly(() => {
      expect(autograd.isAnomalyEnabled()).toBe(true);
      detectAnomaly(() => expect(autograd.isAnomalyCheckNanEnabled()).toBe(false), { checkNan: false });
      expect(autograd.isAnomalyCheckNanEnabled()).toBe(true);
      const off = setDetectAnomaly(false);
      expect(autograd.isAnomalyEnabled()).toBe(false);
      off[Symbol.dispose]();
      expect(autograd.isAnomalyEnabled()).toBe(true);
    });
    const scope = detectAnomaly();
    expect(autograd.isAnomalyEnabled()).toBe(true);
    scope[Symbol.dispose]();
    expect(autograd.isAnomalyEnabled()).toBe(false);
  });

  test('is turned on and off by setDetectAnomaly', () => {
    setDetectAnomaly(true, false);
    expect([autograd.isAnomalyEnabled(), autograd.isAnomalyCheckNanEnabled()]).toEqual([true, false]);
    setDetectAnomaly(false);
    expect(autograd.isAnomalyEnabled()).toBe(false);
  });

  test('lasts until the promise of an async function settles', async () => {
    const result = await detectAnomaly(async () => {
      await Promise.resolve();
      expect(autograd.isAnomalyEnabled()).toBe(true);
      return 7;
    });
    expect(result).toBe(7);
    expect(autograd.isAnomalyEnabled()).toBe(false);
    await expect(detectAnomaly(async () => { await Promise.resolve(); tensor([-1]).log(); })).rejects.toThrow(AnomalyError);
    expect(autograd.isAnomalyEnabled()).toBe(false);
  });

  test('leaves the methods of tensors as they were', () => {
    const { log, to } = Tensor.prototype;
    detectAnomaly(() => expect(Tensor.prototype.log).not.toBe(log));
    expect(Tensor.prototype.log).toBe(log);
    expect(Tensor.prototype.to).toBe(to);
    expect(() => detectAnomaly(() => { throw new RangeError('mine'); })).toThrow(RangeError);
    expect(Tensor.prototype.log).toBe(log);
  });

  test('refuses arguments that are none', () => {
    expect(() => setDetectAnomaly('on' as never)).toThrow('setDetectAnomaly: mode');
    expect(() => detectAnomaly({ checkNaN: true } as never)).toThrow('checkNaN');
    expect(() => detectAnomaly(3 as never)).toThrow('detectAnomaly: fn');
    expect(randn(2).shape).toEqual([2]);
  });
});
