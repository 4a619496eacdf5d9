import { PassThrough } from 'node:stream';

/** A stdin that says it is a terminal, and remembers its mode. */
export class FakeKeyboard extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(mode: boolean): this {
    this.isRaw = mode;
    return this;
  }

  press(text: string): void {
    this.write(text);
  }
}
