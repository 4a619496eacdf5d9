import type { DialFailure } from '../protocol/child-dial.js';
import { explainConnection } from '../protocol/explain-connection.js';
import type { TlsMaterial } from '../protocol/tls.js';

/** A process that dies can look so once. */
const FAILURES_IN_A_ROW = 2;
/** Real time for finding out; as long as agents in the field wait for a connection. */
const EXPLAIN_WITHIN_MS = 3000;

/**
 * Listens to the failed dials of one address and says once what is wrong, where something takes the connection and then is not what
 * was expected, such as plain text in the place of TLS. A process that only just starts takes none.
 * @param tell gets a sentence without the address; not called when `isWanted` has become false
 */
export function explainDials(options: {
  readonly tls: TlsMaterial | null;
  isWanted(): boolean;
  tell(why: string): void;
}): (failure: DialFailure) => void {
  let failures = 0;
  let isDone = false;

  async function explain(accepted: NonNullable<DialFailure['accepted']>): Promise<void> {
    isDone = true;
    const why = await explainConnection(accepted, options.tls, EXPLAIN_WITHIN_MS, 'childTls');
    if (!options.isWanted()) return;
    if (why !== null) {
      options.tell(why);
      return;
    }
    // It works by now.
    isDone = false;
    failures = 0;
  }

  return ({ accepted }) => {
    if (isDone) return;
    failures = accepted === null ? 0 : failures + 1;
    if (accepted !== null && failures >= FAILURES_IN_A_ROW) void explain(accepted);
  };
}
