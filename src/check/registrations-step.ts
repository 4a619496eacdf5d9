import { nearestName } from '../config/nearest-name.js';
import type { ServiceConfig } from '../config/types.js';
import type { RegisteredFunction } from '../gateway/types.js';
import { type Snapshot, type SnapshotFunction, takeSnapshot } from './snapshot.js';
import { compareSnapshots } from './snapshot-diff.js';
import { SNAPSHOT_FILE, snapshotPath } from './snapshot-file.js';
import { type FilePosition, failed, passed, type Remark, type StepOutcome, warning } from './step.js';

/** Functions that are named in a message, at most. */
const NAMED_FUNCTIONS = 8;

export interface RegistrationsInput {
  readonly service: Pick<ServiceConfig, 'name' | 'check'>;
  readonly functions: readonly RegisteredFunction[];
  /** null: there is no file. */
  readonly snapshot: Snapshot | null;
  /** The file is written anew after this: what changed is no failure. */
  readonly update: boolean;
  readonly strict: boolean;
  /** Folder of the configuration. */
  readonly root: string;
  /** The configuration's file. */
  readonly file: string | null;
}

/** What `check.functions` names is registered, and callers that knew the snapshot are still right. */
export function judgeRegistrations(input: RegistrationsInput): StepOutcome {
  const { service, functions } = input;
  const has = functions.map(({ id }) => id);
  const missing = service.check.functions.filter((id) => !has.includes(id));
  if (missing.length > 0) return describeMissing(missing, has, input.file);
  const count = `${functions.length} ${functions.length === 1 ? 'function' : 'functions'}`;
  const all = functions.length === 0 ? 'no functions' : `${count}: ${nameSome(has)}`;
  return judgeSnapshot(input, { level: 'info', text: all });
}

function judgeSnapshot(input: RegistrationsInput, all: Remark): StepOutcome {
  const { service, functions, snapshot, update, strict, root } = input;
  const now = takeSnapshot(functions);
  const before = snapshot?.[service.name] ?? null;
  if (before === null) return passed(all, ...adviseSnapshot(input, now));
  const changes = compareSnapshots(before, now);
  if (changes.length === 0) return passed(all, `as in ${SNAPSHOT_FILE}`);
  if (update) return passed(all, ...changes.map(({ text }) => text));
  const breaking = changes.filter(({ isBreaking }) => isBreaking);
  const failing = strict ? changes : breaking;
  const others = changes.filter((one) => !failing.includes(one)).map(({ text }) => warning(text));
  if (failing.length === 0) return passed(all, ...others, 'to accept this: croupier check --update');
  const position: FilePosition = { file: snapshotPath(root), line: null, column: null };
  const first = breaking.length > 0 ? 'callers break' : `not as in ${SNAPSHOT_FILE} (--strict)`;
  return failed(`${first}:\n${failing.map(({ text }) => text).join('\n')}`, {
    wayOut: `Put it back, or accept it, if no caller needs it any more: croupier check --update`,
    position,
    remarks: [all, ...others],
  });
}

function adviseSnapshot({ update }: RegistrationsInput, now: readonly SnapshotFunction[]): readonly string[] {
  if (update || now.length === 0) return [];
  return [`no snapshot to compare with: croupier check --update writes ${SNAPSHOT_FILE}`];
}

function describeMissing(
  missing: readonly string[],
  has: readonly string[],
  file: string | null,
): StepOutcome {
  const lines = missing.map((id) => {
    const nearest = nearestName(id, has);
    return `${id} is not registered${nearest === null ? '' : ` (but ${nearest} is)`}`;
  });
  lines.push(has.length === 0 ? 'nothing is registered' : `registered: ${nameSome(has)}`);
  return failed(lines.join('\n'), {
    wayOut:
      has.length === 0
        ? 'Register with the agent at CROUPIER_AGENT_ADDR, or list functions over HTTP in "functions".'
        : 'Register it, or take it out of "check.functions".',
    position: file === null ? null : { file, line: null, column: null },
  });
}

function nameSome(ids: readonly string[]): string {
  const more = ids.length - NAMED_FUNCTIONS;
  const named = ids.slice(0, NAMED_FUNCTIONS).join(', ');
  return more > 0 ? `${named} and ${more} more` : named;
}
