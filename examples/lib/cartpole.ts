/**
 * A pole balanced on a cart: the problem of Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve
 * difficult learning control problems" (IEEE Transactions on Systems, Man, and Cybernetics, 1983), with the constants,
 * the Euler steps and the limits of Gymnasium's CartPole-v1.
 */
import { rand, type Generator } from 'flambeau';

const GRAVITY = 9.8;                    // m/s^2
const CART_MASS = 1, POLE_MASS = 0.1;   // kg
const HALF_LENGTH = 0.5;                // m
const FORCE = 10;                       // N
const STEP = 0.02;                      // s
const MAX_POSITION = 2.4;               // m
const MAX_ANGLE = 12 * Math.PI / 180;
export const MAX_STEPS = 500;

/** Position and speed of the cart (m, m/s), angle and angular speed of the pole (rad, rad/s). */
export type State = readonly [position: number, speed: number, angle: number, angularSpeed: number];
export type Action = 0 | 1;

export class CartPole {
  private state: State = [0, 0, 0, 0];
  private steps = 0;

  /** Starts an episode, near the balance. */
  reset(generator?: Generator): State {
    this.steps = 0;
    this.state = rand(4, { generator }).mul(0.1).sub(0.05).tolist() as unknown as State;
    return this.state;
  }

  /** Pushes the cart to the left (0) or the right (1) for one step. */
  step(action: Action): { state: State; reward: number; terminated: boolean; truncated: boolean } {
    let [position, speed, angle, angularSpeed] = this.state;
    const force = action === 1 ? FORCE : -FORCE;
    const mass = CART_MASS + POLE_MASS;
    const push = (force + POLE_MASS * HALF_LENGTH * angularSpeed ** 2 * Math.sin(angle)) / mass;
    const angularAcceleration = (GRAVITY * Math.sin(angle) - Math.cos(angle) * push) / (HALF_LENGTH * (4 / 3 - POLE_MASS * Math.cos(angle) ** 2 / mass));
    const acceleration = push - POLE_MASS * HALF_LENGTH * angularAcceleration * Math.cos(angle) / mass;
    position += STEP * speed;
    speed += STEP * acceleration;
    angle += STEP * angularSpeed;
    angularSpeed += STEP * angularAcceleration;
    this.state = [position, speed, angle, angularSpeed];
    this.steps++;
    const terminated = Math.abs(position) > MAX_POSITION || Math.abs(angle) > MAX_ANGLE;
    return { state: this.state, reward: 1, terminated, truncated: this.steps >= MAX_STEPS };
  }
}
