import type { TlsFiles } from '../config/types.js';
import { removeSession, type SessionChange, updateSession, writeSession } from '../control/session-file.js';
import type { SessionGroup } from '../control/types.js';
import { processStartTime } from '../process/start-time.js';

export interface SessionRecordOptions {
  readonly gateway: string;
  /** The gateway's own. */
  readonly tls: TlsFiles | null;
  readonly services: readonly string[];
  /** Where its control API is, and the token for it; null: it has none. */
  readonly control: { readonly url: string; readonly token: string } | null;
  onNotice(message: string): void;
}

/** Our entry in `.croupier/session.json`: how other commands find us, and what the next session ends if we are killed. */
export class SessionRecord {
  /** null: nothing is written. */
  readonly #root: string | null;
  readonly #owner: { readonly pid: number; readonly startTime: number };
  readonly #onNotice: (message: string) => void;
  #complained = false;

  private constructor(
    root: string | null,
    owner: { readonly pid: number; readonly startTime: number },
    onNotice: (message: string) => void,
  ) {
    this.#root = root;
    this.#owner = owner;
    this.#onNotice = onNotice;
  }

  static async open(root: string | null, options: SessionRecordOptions): Promise<SessionRecord> {
    const owner = { pid: process.pid, startTime: (await processStartTime(process.pid)) ?? 0 };
    const record = new SessionRecord(root, owner, options.onNotice);
    if (root === null) return record;
    const written = writeSession(root, {
      ...owner,
      gateway: options.gateway,
      tls: options.tls === null ? null : clientSide(options.tls),
      control: options.control?.url ?? null,
      token: options.control?.token ?? null,
      startedAt: new Date().toISOString(),
      services: options.services,
      groups: [],
    });
    if (!written.ok) record.#complain(written.error);
    return record;
  }

  setGroups(groups: readonly SessionGroup[]): void {
    this.#update({ groups });
  }

  setServices(services: readonly string[]): void {
    this.#update({ services });
  }

  close(): void {
    if (this.#root !== null) removeSession(this.#root, this.#owner);
  }

  #update(change: SessionChange): void {
    if (this.#root === null) return;
    const written = updateSession(this.#root, this.#owner, change);
    if (!written.ok) this.#complain(written.error);
  }

  /** The session works without its file, so this is said once and is no error. */
  #complain(message: string): void {
    if (this.#complained) return;
    this.#complained = true;
    this.#onNotice(`${message}; other commands will not find this session`);
  }
}

/** What another command dials the gateway with: it trusts what the gateway shows, and where a certificate is asked for it has the gateway's own. */
function clientSide({ ca, cert, key, serverName }: TlsFiles): TlsFiles {
  return ca === null ? { ca: cert, cert: null, key: null, serverName } : { ca, cert, key, serverName };
}
