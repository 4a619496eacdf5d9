import { err, ok, type Result } from '../../../src/core/result.js';
import type { LocalCalls, LocalFailure, LocalJobEvent, LocalRequest } from '../../../src/gateway/types.js';

export type Answer = (request: LocalRequest) => Promise<Result<string, LocalFailure>>;

/** Functions that answer what a test says. Jobs tell their events when the test lets them. */
export class FakeCalls implements LocalCalls {
  readonly requests: LocalRequest[] = [];
  readonly cancelled: string[] = [];
  answer: Answer = async () => ok('{}');
  readonly #readers: ((event: LocalJobEvent) => void)[] = [];

  async invoke(request: LocalRequest): Promise<Result<Buffer, LocalFailure>> {
    this.requests.push(request);
    const answer = await this.answer(request);
    return answer.ok ? ok(Buffer.from(answer.value)) : answer;
  }

  async startJob(request: LocalRequest): Promise<Result<string, LocalFailure>> {
    this.requests.push(request);
    return this.answer(request);
  }

  readJob(_: string, onEvent: (event: LocalJobEvent) => void): boolean {
    this.#readers.push(onEvent);
    return true;
  }

  tellJob(type: string, payload = '', message = ''): void {
    for (const reader of this.#readers) reader({ type, message, progress: 0, payload: Buffer.from(payload) });
  }

  cancelJob(jobId: string): boolean {
    this.cancelled.push(jobId);
    return true;
  }

  jobResult(): null {
    return null;
  }

  serviceIds(): readonly string[] {
    return [];
  }
}

export function refusal(
  code: string,
  message: string,
  reason: LocalFailure['reason'] = null,
): Result<never, LocalFailure> {
  return err({ code, message, reason });
}
