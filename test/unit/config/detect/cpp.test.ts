import { realpath, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detect } from '../../../../src/config/detect/detect.js';
import { Project } from '../project.js';
import { itDetects, itRejects } from './tree.js';

const built = (target: string, output: string, generator = 'Ninja') =>
  `ctest --build-and-test . .croupier/cmake --build-generator ${generator} --build-noclean --build-target ${target} --build-options -DCMAKE_BUILD_TYPE=Debug --test-command cmake -E copy ${output} {artifact}`;

describe.skipIf(process.platform === 'win32')('detection of C and C++ by CMake', () => {
  itDetects('C and C++', [
    {
      title: 'one program',
      files: { 'CMakeLists.txt': 'project(game CXX)\nadd_executable(game main.cpp)\n' },
      command: '{artifact}',
      build: built('game', 'game'),
      source: 'CMakeLists.txt, target game',
      watches: ['.c', '.cpp', '.h', '.hpp', '.cmake', '.txt'],
      overlooks: ['.md', '.o'],
      ignores: ['/build/', 'CMakeFiles/'],
      needs: ['cmake', 'ctest', 'ninja'],
    },
    {
      title: 'make where there is no ninja',
      files: { 'CMakeLists.txt': 'project(game)\nadd_executable(game main.cpp)\n' },
      tools: ['cmake', 'ctest', 'make'],
      command: '{artifact}',
      build: built('game', 'game', '"Unix Makefiles"'),
      source: 'CMakeLists.txt, target game',
      needs: ['cmake', 'ctest', 'make'],
    },
    {
      title: "the project's own program among others, by its variable",
      files: {
        'CMakeLists.txt': `PROJECT("game")\n# add_executable(no x.cpp)\nadd_executable(game_tests t.cpp)\nadd_executable(\${PROJECT_NAME} main.cpp)\nadd_executable(imported IMPORTED)\n`,
      },
      command: '{artifact}',
      build: built('game', 'game'),
      source: 'CMakeLists.txt, target game',
      explains: 'There is game_tests as well.',
    },
    {
      title: 'a list below, with a folder for programs',
      files: {
        'CMakeLists.txt': `project(acme)\nset(CMAKE_RUNTIME_OUTPUT_DIRECTORY \${CMAKE_BINARY_DIR}/bin)\nadd_subdirectory(src)\n`,
        'src/CMakeLists.txt': `set(NAME server)\nadd_executable(\${NAME} main.cpp)\n`,
      },
      command: '{artifact}',
      build: built('server', 'bin/server'),
      source: 'CMakeLists.txt, target server',
    },
    {
      title: 'a list below, beside its other outputs and under another name',
      files: {
        'CMakeLists.txt': 'project(acme)\nadd_subdirectory(src/server out)\n',
        'src/server/CMakeLists.txt':
          'add_executable(server main.c)\nset_target_properties(server PROPERTIES OUTPUT_NAME game-server)\n',
      },
      command: '{artifact}',
      build: built('server', 'out/game-server'),
      source: 'CMakeLists.txt, target server',
    },
    {
      title: 'programs that are put into the sources',
      files: {
        'CMakeLists.txt': `project(game)\nset(CMAKE_RUNTIME_OUTPUT_DIRECTORY "\${PROJECT_SOURCE_DIR}/bin")\nadd_executable(game main.c)\n`,
      },
      command: '{artifact}',
      build: built('game', '../../bin/game'),
      source: 'CMakeLists.txt, target game',
    },
  ]);

  it('builds in the folder that is configured already, by its generator and with its options', async () => {
    const project = await Project.create({
      'CMakeLists.txt': 'project(game)\nadd_executable(game main.c)\n',
    });
    const home = await realpath(project.folder);
    await project.write(
      'build/debug/CMakeCache.txt',
      `CMAKE_GENERATOR:INTERNAL=Unix Makefiles\nCMAKE_HOME_DIRECTORY:INTERNAL=${home}\n`,
    );
    const [candidate] = (await detect(project.folder, undefined)).candidates;
    expect(candidate?.build?.command.argv).toEqual(
      expect.arrayContaining(['build/debug', 'Unix Makefiles', '--build-noclean']),
    );
    expect(candidate?.build?.command.argv).not.toContain('--build-options');
    expect(candidate?.explanation).toContain('It is built in build/debug, which is configured already');

    await rename(join(project.folder, 'build/debug/CMakeCache.txt'), join(project.folder, 'old.txt'));
    await project.write(
      'build/debug/CMakeCache.txt',
      'CMAKE_GENERATOR:INTERNAL=Ninja\nCMAKE_HOME_DIRECTORY:INTERNAL=/somewhere/else\n',
    );
    const [other] = (await detect(project.folder, undefined)).candidates;
    expect(other?.build?.command.argv).toContain('.croupier/cmake');
  });

  it('finds the program of a generator of several configurations in the folder of one', async () => {
    const project = await Project.create({
      'CMakeLists.txt': 'project(game)\nadd_executable(game main.c)\n',
    });
    await project.write(
      'build/CMakeCache.txt',
      `CMAKE_GENERATOR:INTERNAL=Ninja Multi-Config\nCMAKE_HOME_DIRECTORY:INTERNAL=${project.folder}\n`,
    );
    const [candidate] = (await detect(project.folder, undefined)).candidates;
    expect(candidate?.build?.command.display).toContain(
      '--build-config Debug --test-command cmake -E copy Debug/game',
    );
  });

  itRejects('C and C++', [
    ['a library', { 'CMakeLists.txt': 'project(x)\nadd_library(x x.c)\n' }, 'it makes no program'],
    [
      'tools only',
      { 'CMakeLists.txt': 'project(x)\nadd_executable(bench a.c)\nadd_executable(load_test b.c)\n' },
      'several programs (bench and load_test), and none is guessed',
    ],
  ]);
});

const MAKEFILE = (variables: string, rules: string) => `# game\n${variables}\nOBJS := main.o\n\n${rules}\n`;

describe.skipIf(process.platform === 'win32')('detection of C and C++ by make', () => {
  itDetects('C and C++', [
    {
      title: 'a variable that is the whole target of a rule',
      files: {
        'main.c': '',
        Makefile: MAKEFILE(
          'TARGET ?= game',
          '.PHONY: all\nall: $(TARGET)\n\n$(TARGET): $(OBJS)\n\t$(CC) -o $@ $^\n%.o: %.c\n\tcc -c $<',
        ),
      },
      command: '{artifact}',
      build: 'make TARGET={artifact} {artifact}',
      source: 'Makefile, TARGET = game',
      watches: ['.c', '.h'],
      overlooks: ['.o', '.md'],
      ignores: ['*.o'],
      needs: ['make'],
    },
    {
      title: 'a program in a folder',
      files: {
        'src/main.cpp': '',
        makefile: MAKEFILE(
          'BUILD = out\nNAME = server',
          'all: dirs $(BUILD)/$(NAME)\ndirs:\n\tmkdir -p out\n$(BUILD)/$(NAME): main.o\n\tcc -o $@ $<\n.PHONY: all dirs',
        ),
      },
      command: 'out/server',
      build: 'make out/server',
      source: 'makefile, target out/server',
      strength: 'likely',
      ignores: ['/out/server'],
      explains: 'no variable for the path of out/server',
    },
    {
      title: 'the first rule that makes a program',
      files: {
        'main.c': '',
        Makefile: 'game: main.o\n\tcc -o game main.o\nmain.o: main.c\n\tcc -c main.c\n',
      },
      command: './game',
      build: 'make game',
      source: 'Makefile, target game',
      strength: 'likely',
    },
  ]);

  itRejects('C and C++', [
    [
      'a list of shortcuts',
      { 'a.c': '', Makefile: '.PHONY: test\ntest:\n\techo\nclean:\n\trm -f x\n' },
      'Makefile: no rule says which program it makes.',
    ],
  ]);

  it('is not interested in the Makefile of another language', async () => {
    const project = await Project.create({ Makefile: 'game: x\n\tgo build\n', 'x.go': 'package x\n' });
    expect(await detect(project.folder, undefined)).toMatchObject({ candidates: [], rejected: [] });
  });
});
