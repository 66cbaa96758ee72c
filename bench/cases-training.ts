/** One training step of each network whose time is promised beside PyTorch's: a perceptron, a CNN, an LSTM and a GPT. */
import * as torch from 'flambeau';
import { nn, optim, type Tensor } from 'flambeau';
import type { Case } from './case.ts';

const F = nn.functional;

export const STEP = `def step():
    loss = loss_of()
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss`;

/** The loss of a step, which the contenders compare after several steps: only with equal gradients and updates do they agree. */
const COMPARED_STEPS = 4;

interface Training {
  readonly name: string;
  /** Makes the network from seed 0 and returns its step. */
  readonly make: () => () => Tensor;
  readonly python: string;
  readonly group?: string;
  readonly tolerance?: number;
}

export const training = ({ name, make, python, group = 'training', tolerance = 1e-4 }: Training): Case => ({
  name: `${name}, one training step`,
  group,
  tolerance,
  make() {
    torch.manualSeed(0);
    const step = make();
    return { run: step, result: () => torch.stack(Array.from({ length: COMPARED_STEPS }, () => step().detach())) };
  },
  torch: { setup: `torch.manual_seed(0)\n${python}`, run: 'step()', result: `torch.stack([step().detach() for _ in range(${COMPARED_STEPS})])` },
});

const perceptron = training({
  name: 'mnist_mlp, batch 64',
  make() {
    const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
    const opt = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }), lossFn = new nn.CrossEntropyLoss();
    const x = torch.rand(64, 784), y = torch.randint(0, 10, [64]);
    return () => {
      const loss = lossFn(model(x) as Tensor, y);
      opt.zeroGrad();
      loss.backward();
      opt.step();
      return loss;
    };
  },
  python: `model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
opt = optim.SGD(model.parameters(), lr=0.1, momentum=0.9); loss_fn = nn.CrossEntropyLoss()
x = torch.rand(64, 784); y = torch.randint(0, 10, [64])
loss_of = lambda: loss_fn(model(x), y)
${STEP}`,
});

const cnn = training({
  name: 'small CNN, 1-8-16 channels, batch 32',
  make() {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 8, 3, { padding: 1 }), new nn.ReLU(), new nn.MaxPool2d(2),
      new nn.Conv2d(8, 16, 3, { padding: 1 }), new nn.ReLU(), new nn.MaxPool2d(2),
      new nn.Flatten(), new nn.Linear(784, 10));
    const opt = new optim.Adam(model.parameters(), { lr: 1e-3 });
    const x = torch.rand(32, 1, 28, 28), y = torch.randint(0, 10, [32]);
    return () => {
      const loss = F.crossEntropy(model(x) as Tensor, y);
      opt.zeroGrad();
      loss.backward();
      opt.step();
      return loss;
    };
  },
  python: `model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(784, 10))
opt = optim.Adam(model.parameters(), lr=1e-3)
x = torch.rand(32, 1, 28, 28); y = torch.randint(0, 10, [32])
loss_of = lambda: F.cross_entropy(model(x), y)
${STEP}`,
});

const lstm = training({
  name: 'names_lstm, batch 16, 32 long',
  make() {
    const embedding = new nn.Embedding(27, 24), recurrent = new nn.LSTM(24, 64, { batchFirst: true }), head = new nn.Linear(64, 27);
    const parameters = [...embedding.parameters(), ...recurrent.parameters(), ...head.parameters()];
    const opt = new optim.Adam(parameters, { lr: 3e-3 });
    const rows = torch.randint(0, 27, [16, 33]), x = rows.narrow(1, 0, 32), y = rows.narrow(1, 1, 32);
    return () => {
      const [output] = recurrent(embedding(x));
      const loss = F.crossEntropy(head(output).flatten(0, 1), y.flatten());
      opt.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm_(parameters, 1);
      opt.step();
      return loss;
    };
  },
  python: `emb = nn.Embedding(27, 24); rnn = nn.LSTM(24, 64, batch_first=True); head = nn.Linear(64, 27)
params = [*emb.parameters(), *rnn.parameters(), *head.parameters()]
opt = optim.Adam(params, lr=3e-3)
rows = torch.randint(0, 27, [16, 33]); x = rows[:, :32]; y = rows[:, 1:]
def step():
    out, _ = rnn(emb(x))
    loss = F.cross_entropy(head(out).flatten(0, 1), y.flatten())
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(params, 1.0)
    opt.step()
    return loss`,
});

const HEADS = 4, LENGTH = 32, VOCABULARY = 27;

class Block extends nn.Module {
  readonly ln1: nn.LayerNorm;
  readonly qkv: nn.Linear;
  readonly proj: nn.Linear;
  readonly ln2: nn.LayerNorm;
  readonly up: nn.Linear;
  readonly down: nn.Linear;

  constructor(width: number) {
    super();
    this.ln1 = new nn.LayerNorm(width);
    this.qkv = new nn.Linear(width, 3 * width);
    this.proj = new nn.Linear(width, width);
    this.ln2 = new nn.LayerNorm(width);
    this.up = new nn.Linear(width, 4 * width);
    this.down = new nn.Linear(4 * width, width);
  }

  forward(x: Tensor): Tensor {
    const [b, t, c] = x.shape;
    const [q, k, v] = this.qkv(this.ln1(x)).split(c, 2).map((part: Tensor) => part.view(b, t, HEADS, c / HEADS).transpose(1, 2));
    const attended = F.scaledDotProductAttention(q, k, v, { isCausal: true }).transpose(1, 2).reshape(b, t, c);
    const y = x.add(this.proj(attended));
    return y.add(this.down(F.gelu(this.up(this.ln2(y)))));
  }
}

class Gpt extends nn.Module {
  readonly token: nn.Embedding;
  readonly position: nn.Embedding;
  readonly blocks: nn.Sequential;
  readonly norm: nn.LayerNorm;
  readonly head: nn.Linear;

  constructor(width: number) {
    super();
    this.token = new nn.Embedding(VOCABULARY, width);
    this.position = new nn.Embedding(LENGTH, width);
    this.blocks = new nn.Sequential(new Block(width), new Block(width));
    this.norm = new nn.LayerNorm(width);
    this.head = new nn.Linear(width, VOCABULARY, { bias: false });
  }

  forward(x: Tensor): Tensor {
    const embedded = this.token(x).add(this.position(torch.arange(x.shape[1])));
    return this.head(this.norm(this.blocks(embedded) as Tensor));
  }
}

export const gpt = (width: number, dtype: 'float32' | 'bfloat16', of: { readonly group?: string; readonly tolerance?: number } = {}): Case => training({
  ...of,
  name: `GPT${dtype === 'float32' ? '' : ` in ${dtype}`}, 2 layers, ${width} wide, batch 16, 32 long`,
  make() {
    const model = new Gpt(width).to(dtype), opt = new optim.AdamW(model.parameters(), { lr: 1e-3 });
    const rows = torch.randint(0, VOCABULARY, [16, LENGTH + 1]), x = rows.narrow(1, 0, LENGTH), y = rows.narrow(1, 1, LENGTH);
    return () => {
      const loss = F.crossEntropy((model.forward(x)).flatten(0, 1), y.flatten());
      opt.zeroGrad();
      loss.backward();
      opt.step();
      return loss;
    };
  },
  python: `class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1 = nn.LayerNorm(${width}); self.qkv = nn.Linear(${width}, ${3 * width}); self.proj = nn.Linear(${width}, ${width})
        self.ln2 = nn.LayerNorm(${width}); self.up = nn.Linear(${width}, ${4 * width}); self.down = nn.Linear(${4 * width}, ${width})
    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (p.view(b, t, ${HEADS}, c // ${HEADS}).transpose(1, 2) for p in self.qkv(self.ln1(x)).split(c, 2))
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, c))
        return x + self.down(F.gelu(self.up(self.ln2(x))))
class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(${VOCABULARY}, ${width}); self.position = nn.Embedding(${LENGTH}, ${width})
        self.blocks = nn.Sequential(Block(), Block()); self.norm = nn.LayerNorm(${width}); self.head = nn.Linear(${width}, ${VOCABULARY}, bias=False)
    def forward(self, x):
        return self.head(self.norm(self.blocks(self.token(x) + self.position(torch.arange(x.shape[1])))))
model = Gpt().to(torch.${dtype}); opt = optim.AdamW(model.parameters(), lr=1e-3)
rows = torch.randint(0, ${VOCABULARY}, [16, ${LENGTH + 1}]); x = rows[:, :-1]; y = rows[:, 1:]
loss_of = lambda: F.cross_entropy(model(x).flatten(0, 1), y.flatten())
${STEP}`,
});

export const trainingCases: readonly Case[] = [perceptron, cnn, lstm, gpt(64, 'float32')];
