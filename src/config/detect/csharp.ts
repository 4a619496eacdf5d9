import { detectDotnet } from './dotnet.js';
import type { Language } from './language.js';

/** Projects of C#, built by the dotnet command. */
export const csharp: Language = {
  name: 'C#',
  looksFor: ['*.csproj of a program, or *.sln or *.slnx with one'],
  besideOthers: 'a project of .NET beside another one is mostly a part of it',
  detect: (project) => detectDotnet(project, { name: 'C#', project: '.csproj', sources: ['.cs'] }),
};
