import type { TunnelMessage } from '../protocol/gen/croupier/tunnel/v1/tunnel.js';
import { tunnelFrame } from '../protocol/tunnel-stream.js';
import type { CallFailure, JobEventView } from './types.js';

/** What the frames of an agent say. Edges know nothing of gRPC codes here: an error is a text. */

export const HEARTBEAT_FRAME: TunnelMessage = tunnelFrame('heartbeat');

const NO_PAYLOAD = Buffer.alloc(0);

export function resultFrame(requestId: string, payload: Buffer): TunnelMessage {
  return tunnelFrame('result', { result: { requestId, payload, error: '' } });
}

export function failedResultFrame(requestId: string, failure: CallFailure): TunnelMessage {
  return tunnelFrame('result', {
    result: { requestId, payload: NO_PAYLOAD, error: errorText(failure) },
  });
}

export function startedFrame(requestId: string, jobId: string): TunnelMessage {
  return tunnelFrame('start_job_result', { startR: { requestId, jobId, error: '' } });
}

export function failedStartFrame(requestId: string, failure: CallFailure): TunnelMessage {
  return tunnelFrame('start_job_result', {
    startR: { requestId, jobId: '', error: errorText(failure) },
  });
}

export function jobEventFrame(jobId: string, event: JobEventView): TunnelMessage {
  const { type, message, progress, payload } = event;
  return tunnelFrame('job_event', { jobEvt: { jobId, type, message, progress, payload } });
}

export function servicesFrame(
  requestId: string,
  functionId: string,
  serviceIds: readonly string[],
): TunnelMessage {
  return tunnelFrame('list_local_res', {
    listRes: { requestId, functionId, serviceIds: [...serviceIds], error: '' },
  });
}

export function jobResultFrame(
  requestId: string,
  result: { readonly state: string; readonly payload: Buffer; readonly error: string },
): TunnelMessage {
  return tunnelFrame('get_job_result_res', { jobResRes: { requestId, ...result } });
}

export function unknownJobFrame(requestId: string, jobId: string): TunnelMessage {
  const error = errorText({ code: 'NOT_FOUND', message: `there is no job "${jobId.slice(0, 200)}"` });
  return tunnelFrame('get_job_result_res', {
    jobResRes: { requestId, state: '', payload: NO_PAYLOAD, error },
  });
}

/** Never empty, since an empty error means that all went well. */
function errorText(failure: Pick<CallFailure, 'code' | 'message'>): string {
  return failure.message === '' ? failure.code : `${failure.code}: ${failure.message}`;
}

/** Bytes that a frame waiting to be sent keeps in memory, about. */
export function frameBytes(frame: TunnelMessage): number {
  const { result, jobEvt, jobResRes, listRes } = frame;
  return (
    FRAME_OVERHEAD +
    (result?.payload.length ?? 0) +
    (jobEvt?.payload.length ?? 0) +
    (jobEvt?.message.length ?? 0) +
    (jobResRes?.payload.length ?? 0) +
    (listRes?.serviceIds.length ?? 0) * FRAME_OVERHEAD
  );
}

/** The objects around a payload, and ids. */
const FRAME_OVERHEAD = 200;
