import { execa } from 'execa';
import { isRunning, procIsReadable, readStat } from './proc.js';

/**
 * When the kernel says that a process began, in units of the system: clock ticks since boot on Linux, epoch ms elsewhere. Only
 * equality means something: pid and start time together name a process for good (on Linux: until the next boot). Null: there is
 * no such process, or only its zombie.
 */
export async function processStartTime(pid: number): Promise<number | null> {
  if (procIsReadable) {
    const stat = readStat(pid);
    return isRunning(stat) ? stat.startTime : null;
  }
  return process.platform === 'win32' ? startTimeOnWindows(pid) : startTimeByPs(pid);
}

/** Whether the process that began at that time (as `processStartTime` said then) still runs. */
export async function isAlive(pid: number, startTime: number): Promise<boolean> {
  return (await processStartTime(pid)) === startTime;
}

/** macOS and the BSDs. In UTC and without a language, so that the text does not change with the user's settings. */
async function startTimeByPs(pid: number): Promise<number | null> {
  const result = await execa('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    reject: false,
    env: { LC_ALL: 'C', TZ: 'UTC' },
  });
  const [state, ...words] = result.stdout.trim().split(/\s+/);
  if (result.failed || state === undefined || state.startsWith('Z')) return null;
  const time = Date.parse(`${words.join(' ')} UTC`);
  return Number.isNaN(time) ? null : time;
}

async function startTimeOnWindows(pid: number): Promise<number | null> {
  const script = `([DateTimeOffset](Get-Process -Id ${pid}).StartTime).ToUnixTimeMilliseconds()`;
  const result = await execa('powershell', ['-NoProfile', '-NonInteractive', '-Command', script], {
    reject: false,
    windowsHide: true,
  });
  const time = result.failed ? Number.NaN : Number.parseInt(result.stdout, 10);
  return Number.isNaN(time) ? null : time;
}
