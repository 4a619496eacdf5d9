import { detectDotnet } from './dotnet.js';
import type { Language } from './language.js';

/** Projects of F#, built by the dotnet command. */
export const fsharp: Language = {
  name: 'F#',
  looksFor: ['*.fsproj of a program, or *.sln or *.slnx with one'],
  besideOthers: 'a project of .NET beside another one is mostly a part of it',
  detect: (project) =>
    detectDotnet(project, { name: 'F#', project: '.fsproj', sources: ['.fs', '.fsi', '.fsx'] }),
};
