/** Program 2 of the lessons against the installed package: sin(x) by hand-written gradients, PyTorch's loss after 1,000 epochs. */
import * as torch from 'flambeau';

torch.manualSeed(0);
const x = torch.linspace(-Math.PI, Math.PI, 1000), y = torch.sin(x);
const [a, b, c, d] = [0, 1, 2, 3].map(() => torch.randn([]));
let loss = NaN;
for (let epoch = 0; epoch < 1000; epoch++) {
  const yPred = torch.expr`${a} * ${x}**3 + ${b} * ${x}**2 + ${c} * ${x} + ${d}`;
  if (epoch % 100 === 0) loss = yPred.sub(y).pow(2).sum().item();
  const gradY = yPred.sub(y).mul(2);
  a.sub_(gradY.mul(x.pow(3)).sum().mul(1e-6));
  b.sub_(gradY.mul(x.pow(2)).sum().mul(1e-6));
  c.sub_(gradY.mul(x).sum().mul(1e-6));
  d.sub_(gradY.sum().mul(1e-6));
}
const expected = 878.7713623046875;
if (!(Math.abs(loss - expected) <= 1e-5 * expected)) throw new Error(`loss at epoch 901 is ${loss}, PyTorch's is ${expected}`);
const { backend, isa, from } = torch.backendInfo();
if (process.env.FLAMBEAU_BACKEND !== 'js' && backend !== 'native') throw new Error(`the native backend did not load: ${JSON.stringify(torch.backendInfo())}`);
console.log(`node ${process.version}, ${backend} ${isa ?? ''} from ${from ?? 'TypeScript'}: loss ${loss}`);
