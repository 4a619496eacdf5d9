import type { status } from '@grpc/grpc-js';

/** A call that ends with another status than OK. */
export class Refusal {
  readonly code: status;
  readonly message: string;

  constructor(code: status, message: string) {
    this.code = code;
    this.message = message;
  }
}

export type Answer<T> = T | Refusal;
