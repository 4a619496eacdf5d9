import type { ToolProject } from './tool-project.js';

/** The agent and the port that a started project is to use. */
export interface Surroundings {
  /** `host:port` of the agent. */
  readonly agent: string;
  /** A free port of its own, for what serves HTTP beside its functions. */
  readonly port: number;
}

/** A tool that runs a project, and replaces its process after a save. */
export interface Tool {
  readonly name: string;
  /** The project that it runs: a template of this package. */
  readonly template: 'node' | 'go' | 'python';
  /** How the new code gets into service. */
  readonly reload: string;
  /** What the machine lacks for it; null: nothing. What can be fetched is not missing. */
  findMissing(): string | null;
  /** Fetches the tool where it is not there, and makes the project ready to run. */
  prepare(project: ToolProject): Promise<void>;
  start(project: ToolProject, surroundings: Surroundings): Promise<RunningTool>;
}

export interface RunningTool {
  /** Tells the tool that files were saved. Of one that watches by itself: nothing. */
  reload(): Promise<void>;
  /** The latest of what it printed. */
  output(): string;
  /** Ends it and all that it started. */
  stop(): Promise<void>;
}
