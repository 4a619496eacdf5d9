import type { SwapStrategy } from '../../src/core/events.js';
import { DevProcess, processesWith, until } from '../support/dev-process.js';
import { type Answer, Load } from '../support/load.js';
import { gameServer, Project } from '../support/project.js';
import { AnswerOrder } from './answer-order.js';
import { Executions } from './executions.js';
import { type RunnerFigures, readRunner } from './runner-figures.js';

/** Calls take 0 to this many ms inside the game server, so that every swap finds some in flight. */
const LONGEST_CALL_MS = 100;

export interface CallFigures {
  readonly sent: number;
  readonly answered: number;
  /** One sentence each. */
  readonly losses: readonly string[];
  readonly twice: readonly string[];
  readonly outOfOrder: number;
}

/** A real session with a game server that is called steadily, restarted as often as one likes. */
export class SessionUnderLoad {
  readonly #project: Project;
  readonly #dev: DevProcess;
  readonly #load: Load;
  readonly #executions: Executions;
  readonly #order: AnswerOrder;
  #answered = 0;
  #version = 0;
  /** Reloads that did not end with a swap. */
  readonly #failures: string[] = [];

  private constructor(
    project: Project,
    dev: DevProcess,
    load: Load,
    executions: Executions,
    order: AnswerOrder,
  ) {
    this.#project = project;
    this.#dev = dev;
    this.#load = load;
    this.#executions = executions;
    this.#order = order;
  }

  static async start(strategy: SwapStrategy, rate: number): Promise<SessionUnderLoad> {
    const project = new Project({ 'server.js': gameServer('v0') });
    project.config({ service: 'game', command: 'node server.js', restart: { strategy } });
    const file = project.path('.croupier', 'executions');
    const dev = DevProcess.start(project.folder, [], { EXECUTIONS: file });
    const order = new AnswerOrder(strategy);
    dev.listen((event) => {
      if (event.type === 'generation.active') order.becameActive(event.generation, performance.now());
    });
    await dev.waitFor('generation.active');
    const load = new Load(await dev.gateway(), { perSecond: rate, longestMs: LONGEST_CALL_MS });
    load.start();
    return new SessionUnderLoad(project, dev, load, new Executions(file), order);
  }

  /** Saves, and waits until the new code has answered. The value is ms from the save until it had the calls; null: it never had. */
  async restart(): Promise<number | null> {
    this.#version += 1;
    const version = `v${this.#version}`;
    const mark = this.#dev.mark();
    const savedAt = performance.now();
    this.#project.write('server.js', gameServer(version));
    const finished = await this.#dev.waitFor('reload.finished', () => true, mark);
    if (finished.outcome !== 'swapped') {
      this.#failures.push(`${version}: ${finished.outcome}`);
      return null;
    }
    const activeAt = this.#order.lastSwapAt;
    const isNew = (answer: Answer) => answer.version === version;
    await until(`an answer by ${version}`, () => this.#load.answers.some(isNew));
    this.#takeAnswers();
    return activeAt - savedAt;
  }

  get failures(): readonly string[] {
    return this.#failures;
  }

  get runner(): RunnerFigures {
    return readRunner(this.#dev.pid);
  }

  get calls(): CallFigures {
    return {
      sent: this.#load.sent,
      answered: this.#answered,
      losses: this.#load.losses.map(({ id, error }) => `${id}: ${error}`),
      twice: this.#executions.readTwice(),
      outOfOrder: this.#order.violations,
    };
  }

  /** Ends the calls and waits until no generation is left but the active one. */
  async settle(): Promise<void> {
    await this.#load.stop();
    this.#takeAnswers();
    // The guardian, and the active generation.
    await until('the replaced generations are gone', () => this.runner.children === 2);
  }

  /** Ends the session; the value is how many processes of it are left, which should be none. */
  async close(): Promise<number> {
    await this.#load.stop();
    await this.#dev.stop();
    const left = processesWith(this.#project.folder);
    this.#project.remove();
    return left.length;
  }

  #takeAnswers(): void {
    // Taken out, since hundreds of thousands would be searched again and again.
    const answers = this.#load.answers.splice(0);
    this.#answered += answers.length;
    this.#order.check(answers);
  }
}
