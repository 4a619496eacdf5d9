import { detectGradle } from './gradle.js';
import type { Detection, Language } from './language.js';
import { detectMaven } from './maven.js';

/** Projects of Kotlin on the JVM: those whose build has Kotlin's plugin, whatever language the build file itself is in. */
export const kotlin: Language = {
  name: 'Kotlin',
  looksFor: ["build.gradle.kts, build.gradle or pom.xml with Kotlin's plugin"],
  besideOthers: 'a build of Kotlin beside another project is mostly a part of it',
  async detect(project): Promise<Detection> {
    const gradle = await detectGradle(project, 'Kotlin');
    const maven = await detectMaven(project, 'Kotlin');
    return {
      candidates: [...gradle.candidates, ...maven.candidates],
      rejected: [...gradle.rejected, ...maven.rejected],
    };
  },
};
