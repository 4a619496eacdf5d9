import { describe } from 'vitest';
import { itDetects, itRejects } from './tree.js';

const project = (sdk: string, ...properties: string[]) =>
  `<Project Sdk="Microsoft.NET.Sdk${sdk}">\n<PropertyGroup>${properties.join('')}</PropertyGroup>\n</Project>`;
const EXE = project('', '<OutputType>Exe</OutputType>');
const WEB = project('.Web');
const TEST = `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType></PropertyGroup><ItemGroup><PackageReference Include="Microsoft.NET.Test.Sdk" Version="17" /></ItemGroup></Project>`;
const solution = (...paths: string[]) =>
  paths.map((path) => `Project("{FAE0}") = "x", "${path}", "{1}"\r\nEndProject`).join('\r\n');
const built = (file: string) => `dotnet build ${file} --nologo -v quiet -o {artifact}`;
const SETTINGS = '--urls http://127.0.0.1:{port} --environment Development';

describe('detection of C# and F#', () => {
  itDetects('C#', [
    {
      title: 'a program',
      files: { 'Game.csproj': EXE, 'Program.cs': '' },
      command: 'dotnet {artifact}/Game.dll',
      build: built('Game.csproj'),
      byHand: 'dotnet run --project Game.csproj',
      source: 'Game.csproj',
      watches: ['.cs', '.csproj', '.json'],
      overlooks: ['.md', '.fs'],
      ignores: ['bin/', 'obj/'],
      needs: ['dotnet'],
    },
    {
      title: 'a web server, whose address and environment dotnet run would take from launchSettings.json',
      files: { 'Game.csproj': WEB },
      command: `dotnet {artifact}/Game.dll ${SETTINGS}`,
      build: built('Game.csproj'),
      byHand: `dotnet run --project Game.csproj --no-launch-profile -- ${SETTINGS}`,
      source: 'Game.csproj, ASP.NET Core',
    },
    {
      title: 'another name of the assembly',
      files: { 'Game.csproj': project('.Worker', '<AssemblyName>acme-game</AssemblyName>') },
      command: 'dotnet {artifact}/acme-game.dll',
      build: built('Game.csproj'),
      source: 'Game.csproj',
    },
    {
      title: 'the one program of a solution, with its own folder as content root',
      files: {
        'All.sln': solution('src\\Game\\Game.csproj', 'src\\Core\\Core.csproj', 'test\\T.csproj'),
        'src/Game/Game.csproj': WEB,
        'src/Core/Core.csproj': project(''),
        'test/T.csproj': TEST,
      },
      command: `dotnet {artifact}/Game.dll ${SETTINGS} --contentRoot src/Game`,
      build: built('src/Game/Game.csproj'),
      source: 'src/Game/Game.csproj, ASP.NET Core',
    },
    {
      title: 'a solution in XML',
      files: {
        'All.slnx':
          '<Solution><Folder Name="/src/"><Project Path="src/Game/Game.csproj" /></Folder></Solution>',
        'src/Game/Game.csproj': EXE,
      },
      command: 'dotnet {artifact}/Game.dll',
      build: built('src/Game/Game.csproj'),
      source: 'src/Game/Game.csproj',
    },
  ]);

  itDetects('F#', [
    {
      title: 'a program of F#',
      files: { 'Game.fsproj': EXE },
      command: 'dotnet {artifact}/Game.dll',
      build: built('Game.fsproj'),
      source: 'Game.fsproj',
      watches: ['.fs', '.fsproj'],
      overlooks: ['.cs'],
    },
    {
      title: 'the program of F# in a solution with a library of C#',
      files: {
        'All.sln': solution('Core\\Core.csproj', 'Game\\Game.fsproj'),
        'Core/Core.csproj': project(''),
        'Game/Game.fsproj': WEB,
      },
      command: `dotnet {artifact}/Game.dll ${SETTINGS} --contentRoot Game`,
      build: built('Game/Game.fsproj'),
      source: 'Game/Game.fsproj, ASP.NET Core',
    },
  ]);

  itRejects('C#', [
    ['a library', { 'Core.csproj': project('') }, 'Core.csproj makes a library'],
    ['tests', { 'T.csproj': TEST }, 'T.csproj is a project of tests.'],
    ['no project', { 'T.csproj': 'x' }, 'T.csproj is not the XML of a project.'],
    [
      'several programs',
      { 'All.sln': solution('A\\A.csproj', 'B\\B.csproj'), 'A/A.csproj': EXE, 'B/B.csproj': EXE },
      'All.sln: there are several programs (A/A.csproj and B/B.csproj), and none is guessed: name one, such as croupier dev -- dotnet run --project A/A.csproj',
    ],
  ]);
});
