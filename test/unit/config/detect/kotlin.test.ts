import { describe, expect, it } from 'vitest';
import { bestIn, itDetects } from './tree.js';

const JAVA = 'java -XX:TieredStopAtLevel=1';

describe.skipIf(process.platform === 'win32')('detection of Kotlin', () => {
  itDetects('Kotlin', [
    {
      title: 'Gradle, with a main function that is found',
      files: {
        'build.gradle.kts': 'plugins {\n  kotlin("jvm") version "2.2.0"\n  application\n}\n',
        'settings.gradle.kts': 'rootProject.name = "game"\n',
        'src/main/kotlin/server.kt': 'package com.acme\n\nfun main() {}\n',
      },
      command: `${JAVA} -cp {artifact}/* com.acme.ServerKt`,
      build: 'gradle -q --console=plain installDist && cp -R "build/install/game/lib" "{artifact}"',
      source: 'build.gradle.kts, main class com.acme.ServerKt',
      watches: ['.kt', '.kts', '.java'],
    },
    {
      title: "Ktor's own main class, which takes the port",
      files: {
        'build.gradle.kts':
          'plugins {\n  alias(libs.plugins.kotlin.jvm)\n  id("io.ktor.plugin")\n}\napplication { mainClass = "io.ktor.server.netty.EngineMain" }\n',
        'settings.gradle.kts': 'rootProject.name = "game"\n',
      },
      command: `${JAVA} -cp {artifact}/* io.ktor.server.netty.EngineMain -port={port}`,
      build: 'gradle -q --console=plain installDist && cp -R "build/install/game/lib" "{artifact}"',
      source: 'build.gradle.kts, main class io.ktor.server.netty.EngineMain',
    },
    {
      title: 'Spring Boot by Maven',
      files: {
        'pom.xml': [
          '<project>',
          '<parent><artifactId>spring-boot-starter-parent</artifactId><version>3.5.0</version></parent>',
          '<artifactId>game</artifactId><version>1.0</version>',
          '<build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin><plugin><artifactId>kotlin-maven-plugin</artifactId></plugin></plugins></build>',
          '</project>',
        ].join('\n'),
      },
      command: `${JAVA} -jar {artifact}.jar --server.port={port}`,
      build: 'mvn -q -B -ntp -Dmaven.test.skip=true package && cp "target/game-1.0.jar" "{artifact}.jar"',
      source: 'pom.xml, Spring Boot',
    },
  ]);

  it('takes a build file in Kotlin for Java where the sources are', async () => {
    const best = await bestIn({
      'build.gradle.kts': 'plugins { application }\n// kotlin("jvm")\napplication { mainClass = "a.B" }\n',
      'settings.gradle.kts': 'rootProject.name = "x"\n',
    });
    expect(best.language).toBe('Java');
  });
});
