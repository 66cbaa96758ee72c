import { where } from '../tensor/elementwise.ts';
import { i0e, i1e } from '../tensor/library/special.ts';
import { drawnBySample } from '../tensor/sample-loop.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { broadcastAll, complement, standardUniform, type Shape } from './utils.ts';

/** The parameter of the wrapped Cauchy proposal, 1 where a concentration is so large that it has no width. */
function proposalOf(concentration: Tensor): Tensor {
  const tau = concentration.square().mul(4).add(1).sqrt().add(1), rho = tau.sub(tau.mul(2).sqrt()).div(concentration.mul(2));
  return where(concentration.lt(1e-5), concentration.reciprocal().add(concentration), rho.square().add(1).div(rho.mul(2)));
}

/** Best and Fisher (1979), doi:10.2307/2346732: angles around 0 for float64 concentrations. */
const angles = drawnBySample('vonMises', (concentration: Tensor): Tensor => {
  const r = proposalOf(concentration), finite = r.isfinite();
  let angle = where(finite, concentration.newZeros([...concentration.shape]), NaN), done = r.eq(1).logicalOr(finite.logicalNot());
  while (!done.all().item()) {
    const [u1, u2, u3] = standardUniform(concentration, [3, ...concentration.shape]).unbind(0), z = u1.mul(Math.PI).cos();
    const f = r.mul(z).add(1).div(r.add(z)), c = concentration.mul(r.sub(f));
    const accept = c.mul(complement(c).add(1)).sub(u2).gt(0).logicalOr(c.div(u2).log().add(1).sub(c).ge(0));
    angle = where(accept, u3.sub(0.5).sign().mul(f.acos()), angle);
    done = done.logicalOr(accept);
  }
  return angle;
}) as (concentration: Tensor) => Tensor;

const VON_MISES = parameters('VonMises(loc: operand, concentration: operand, validateArgs: bool?)');
/** PyTorch's `VonMises(loc, concentration)`: angles in [-pi, pi), the normal distribution of the circle. */
export class VonMises extends Distribution {
  readonly loc: Tensor;
  readonly concentration: Tensor;

  constructor(...args: ArgsOf<typeof VON_MISES>) {
    const [first, second, validateArgs] = VON_MISES(...args), [loc, concentration] = broadcastAll(first, second);
    super(loc.shape, [], validateArgs);
    this.loc = loc;
    this.concentration = concentration;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { loc: constraints.real, concentration: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.real;
  }

  override get mean(): Tensor {
    return this.loc;
  }

  override get mode(): Tensor {
    return this.loc;
  }

  /** The circular one. */
  override get variance(): Tensor {
    return complement(i1e(this.concentration).div(i0e(this.concentration)));
  }

  protected override drawn(sampleShape: Shape): Tensor {
    const angle = angles(this.concentration.to('float64').expand(this.extendedShape(sampleShape)));
    return angle.add(Math.PI).add(this.loc.to('float64')).remainder(2 * Math.PI).sub(Math.PI).to(this.loc.dtype);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { concentration } = this;
    return concentration.mul(value.sub(this.loc).cos()).sub(Math.log(2 * Math.PI)).sub(i0e(concentration).log().add(concentration));
  }
}
