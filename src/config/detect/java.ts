import { detectGradle } from './gradle.js';
import type { Detection, Language } from './language.js';
import { detectMaven } from './maven.js';

/** Projects of Java, built by Maven or Gradle. */
export const java: Language = {
  name: 'Java',
  looksFor: ['pom.xml or build.gradle with Spring Boot, the plugin application or a main class'],
  besideOthers: 'a build of Java beside another project is mostly a part of it',
  async detect(project): Promise<Detection> {
    const maven = await detectMaven(project, 'Java');
    const gradle = await detectGradle(project, 'Java');
    return {
      candidates: [...maven.candidates, ...gradle.candidates],
      rejected: [...maven.rejected, ...gradle.rejected],
    };
  },
};
