/** What a field holds; maps have strings on both sides. */
export type FieldType = 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'string-map' | MessageShape;

/** One field of a message, under the name that JSON has for it: snake_case, as in the .proto file. */
export interface FieldShape {
  readonly name: string;
  readonly number: number;
  readonly type: FieldType;
  readonly isRepeated: boolean;
}

/** What the JSON codec has to know of a message; the generated code knows no field names. */
export interface MessageShape {
  readonly fields: readonly FieldShape[];
}

type Fields = Readonly<Record<string, readonly [number: number, type: FieldType, rule?: 'repeated']>>;

function message(fields: Fields): MessageShape {
  return {
    fields: Object.entries(fields).map(([name, [number, type, rule]]) => ({
      name,
      number,
      type,
      isRepeated: rule === 'repeated',
    })),
  };
}

export const EMPTY = message({});
/** StartJobResponse, JobStreamRequest, CancelJobRequest, CancelJobResponse and GetJobResultRequest are all this. */
export const JOB_ID = message({ job_id: [1, 'string'] });

export const INVOKE_REQUEST = message({
  function_id: [1, 'string'],
  idempotency_key: [2, 'string'],
  payload: [3, 'bytes'],
  metadata: [4, 'string-map'],
});

export const INVOKE_RESPONSE = message({ payload: [1, 'bytes'] });

export const JOB_EVENT = message({
  type: [1, 'string'],
  message: [2, 'string'],
  progress: [3, 'int32'],
  payload: [4, 'bytes'],
});

export const GET_JOB_RESULT_RESPONSE = message({
  state: [1, 'string'],
  payload: [2, 'bytes'],
  error: [3, 'string'],
});

const LOCAL_FUNCTION_DESCRIPTOR = message({
  id: [1, 'string'],
  version: [2, 'string'],
  tags: [3, 'string', 'repeated'],
  summary: [4, 'string'],
  description: [5, 'string'],
  operation_id: [6, 'string'],
  deprecated: [7, 'bool'],
  input_schema: [8, 'string'],
  output_schema: [9, 'string'],
  category: [10, 'string'],
  risk: [11, 'string'],
  entity: [12, 'string'],
  operation: [13, 'string'],
});

export const REGISTER_LOCAL_REQUEST = message({
  service_id: [1, 'string'],
  version: [2, 'string'],
  rpc_addr: [3, 'string'],
  functions: [4, LOCAL_FUNCTION_DESCRIPTOR, 'repeated'],
});

export const REGISTER_LOCAL_RESPONSE = message({ session_id: [1, 'string'] });

export const HEARTBEAT_REQUEST = message({ service_id: [1, 'string'], session_id: [2, 'string'] });

const LOCAL_INSTANCE = message({
  service_id: [1, 'string'],
  addr: [2, 'string'],
  version: [3, 'string'],
  last_seen: [4, 'string'],
});

const LOCAL_FUNCTION = message({ id: [1, 'string'], instances: [2, LOCAL_INSTANCE, 'repeated'] });

export const LIST_LOCAL_RESPONSE = message({ functions: [1, LOCAL_FUNCTION, 'repeated'] });

export const DESCRIBE_RESPONSE = message({
  session_id: [1, 'string'],
  version: [2, 'string'],
  pid: [3, 'int64'],
  services: [4, 'string', 'repeated'],
  leaving: [5, 'string', 'repeated'],
  taken_out: [6, 'string', 'repeated'],
});
