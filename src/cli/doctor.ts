import { examine } from '../doctor/doctor.js';
import { supportsUnicode, wantsColor } from '../observe/color.js';
import { createStyle } from '../observe/style.js';
import type { DoctorArguments } from './doctor-command.js';
import { describeReport } from './doctor-text.js';
import type { CliIo } from './io.js';

/** `croupier doctor`: 0, or 1 where a problem was found. A configuration that cannot be used is one of them. */
export async function doctorCommand(args: DoctorArguments, io: CliIo): Promise<number> {
  const { stdin, stdout, stderr, cwd, env } = io;
  const report = await examine({
    cwd,
    env,
    flags: { config: args.config, upstream: args.upstream },
    terminal: {
      stdin: stdin.isTTY === true,
      stdout: stdout.isTTY === true,
      stderr: stderr.isTTY === true,
      columns: stdout.columns ?? null,
    },
  });
  if (args.json) stdout.write(`${JSON.stringify(report)}\n`);
  else {
    const color = wantsColor({ flag: args.color ? undefined : false, env, stream: stdout });
    stdout.write(describeReport(report, createStyle({ color, unicode: supportsUnicode(env) })));
  }
  return report.counts.problem > 0 ? 1 : 0;
}
