import { detectCMake } from './cmake.js';
import type { Detection, Language } from './language.js';
import { detectMake } from './make.js';

/** Projects of C and C++, built by CMake or make. */
export const cpp: Language = {
  name: 'C and C++',
  looksFor: ['CMakeLists.txt with add_executable', 'Makefile beside sources of C or C++'],
  besideOthers:
    'a CMakeLists.txt or a Makefile beside another project mostly builds a part of it, or is a list of shortcuts',
  async detect(project, tools): Promise<Detection> {
    const cmake = await detectCMake(project, tools);
    const make = await detectMake(project);
    return {
      candidates: [...cmake.candidates, ...make.candidates],
      rejected: [...cmake.rejected, ...make.rejected],
    };
  },
};
