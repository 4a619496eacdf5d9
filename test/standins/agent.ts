import { Flags, TLS_FLAGS, tlsOf } from './arguments.js';
import { run } from './program.js';
import { createAgent, AGENT_DEFAULTS as defaults } from './standin-agent.js';

// A local agent: `node --import tsx test/standins/agent.ts --port 19090 --kind appending`.
const flags = new Flags(
  process.argv.slice(2),
  ['port', 'kind', 'codec', 'service', 'limit-ms', 'silence-ms', 'without', ...TLS_FLAGS],
  ['retry'],
);
await run(
  createAgent({
    port: flags.number('port', defaults.port),
    kind: flags.oneOf('kind', ['replacing', 'appending'], defaults.kind),
    codec: flags.oneOf('codec', ['proto', 'json'], defaults.codec),
    service: flags.oneOf('service', ['function.v1', 'invoker', 'sdk.v1'], defaults.service),
    limitMs: flags.number('limit-ms', defaults.limitMs),
    silenceMs: flags.number('silence-ms', defaults.silenceMs),
    without: flags.someOf('without', ['streamJob', 'getJobResult'], defaults.without),
    retry: flags.isOn('retry'),
    ...tlsOf(flags),
  }),
);
