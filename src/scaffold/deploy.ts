import { assertNever } from '../core/failure.js';
import type { DeployFacts, DeployTarget } from './deploy-facts.js';
import { readTemplate } from './read-template.js';
import type { ScaffoldFile } from './types.js';

/** Beside the times that are configured: for what has to be told and written at the end, in s. */
const MARGIN_S = 10;
const STARTUP_PERIOD_S = 5;
/** For croupier itself, and for one process of a game server, in MiB and thousandths of a CPU. Everybody has to measure their own. */
const OWN = { memory: 100, cpu: 50 };
const PER_INSTANCE = { memory: 128, cpu: 100 };

export interface DeployPlace {
  /** Of the running `croupier-cli`. */
  readonly croupierVersion: string;
  /** The program on this machine: absolute paths. */
  readonly program: readonly string[];
  /** Whom the unit runs as. */
  readonly user: string;
}

/** The files of a deployment, relative to the project's folder: `deploy/k8s/...` or `deploy/systemd/...`. */
export async function renderDeploy(
  target: DeployTarget,
  facts: DeployFacts,
  place: DeployPlace,
): Promise<readonly ScaffoldFile[]> {
  const template = await readTemplate(`deploy/${target}`);
  const values = valuesOf(target, facts, place);
  return template
    .filter(({ path }) => path !== 'service.yaml' || facts.ports.length > 0)
    .map(({ path, content }) => ({
      path: `deploy/${target}/${path === 'name.service' ? `${facts.name}.service` : path}`,
      content: fill(content, values),
    }));
}

type Values = Readonly<Record<string, string | number>>;

function valuesOf(target: DeployTarget, facts: DeployFacts, place: DeployPlace): Values {
  switch (target) {
    case 'k8s':
      return kubernetesValues(facts, place);
    case 'systemd':
      return systemdValues(facts, place);
    default:
      return assertNever(target);
  }
}

function kubernetesValues(facts: DeployFacts, { croupierVersion }: DeployPlace): Values {
  const { name, instances, drain, stop, startup, ports, words } = facts;
  const label = toLabel(facts.version);
  const drainFor = Math.max(drain.calls, drain.jobs);
  const memory = OWN.memory + PER_INSTANCE.memory * instances;
  const portLines = ports.flatMap((one) => [
    `            - name: ${one.name}`,
    `              containerPort: ${one.port}`,
  ]);
  const servicePorts = ports.flatMap((one) => [
    `    - name: ${one.name}`,
    `      port: ${one.port}`,
    `      targetPort: ${one.name}`,
  ]);
  return {
    name,
    // YAML would read 1.10 as a number.
    version: JSON.stringify(label),
    tag: `${name}:${label}`,
    image: JSON.stringify(`${name}:${label}`),
    instances: instances === 1 ? 'one process' : `${instances} processes`,
    drain: drainFor,
    stop,
    grace: drainFor + drain.jobs + drain.calls + stop + MARGIN_S,
    command: JSON.stringify(['croupier', ...words]),
    // Kubernetes puts variables in where it finds $(NAME).
    podCommand: JSON.stringify(['croupier', ...words]).replaceAll('$(', () => '$$('),
    ports: ports.length === 0 ? '' : `\n          ports:\n${portLines.join('\n')}`,
    servicePorts: `\n${servicePorts.join('\n')}`,
    startup,
    startupFailures: Math.ceil(startup / STARTUP_PERIOD_S),
    cpu: `${OWN.cpu + PER_INSTANCE.cpu * instances}m`,
    memory: `${memory}Mi`,
    memoryLimit: `${memory * 2}Mi`,
    croupierVersion,
  };
}

/** A version as a label and an image's tag may have it. */
function toLabel(version: string): string {
  const label = version.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 63);
  return label.replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '') || '0';
}

function systemdValues(facts: DeployFacts, { program, user }: DeployPlace): Values {
  const { name, folder, words, drain, stop } = facts;
  return {
    name,
    description: `${name} (game server, by croupier run)`,
    user,
    folder: folder.replaceAll('%', '%%'),
    exec: [...program, ...words].map(systemdWord).join(' '),
    jobs: drain.jobs,
    calls: drain.calls,
    stop,
    timeoutStop: drain.jobs + drain.calls + stop + MARGIN_S,
  };
}

/** A word of ExecStart as systemd reads it back: `%` and `$` mean something there, as do blanks, quotes and backslashes. */
function systemdWord(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll('$', () => '$$');
  return /^[\w./:@%+=,{}$-]+$/.test(escaped)
    ? escaped
    : `"${escaped.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function fill(text: string, values: Values): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined)
      throw new Error(`a template of deploy names {{${key}}}, which nothing stands for`);
    return String(value);
  });
}
