import { describe } from 'vitest';
import { itDetects, itRejects } from './tree.js';

const JAVA = 'java -XX:TieredStopAtLevel=1';
const GRADLE_BOOT =
  "plugins {\n  id 'java'\n  id 'org.springframework.boot' version '3.5.0'\n}\nversion = '0.1'\n";

describe.skipIf(process.platform === 'win32')('detection of Java by Gradle', () => {
  itDetects('Java', [
    {
      title: 'Spring Boot',
      files: {
        'build.gradle': GRADLE_BOOT,
        'settings.gradle': "rootProject.name = 'game'\n",
        gradlew: '#!/bin/sh',
      },
      executable: ['gradlew'],
      command: `${JAVA} -jar {artifact}.jar --server.port={port}`,
      build: './gradlew -q --console=plain bootJar && cp "build/libs/game-0.1.jar" "{artifact}.jar"',
      byHand: './gradlew -q --console=plain bootRun --args=--server.port={port}',
      source: 'build.gradle, Spring Boot',
      ignores: ['build/', '.gradle/'],
      needs: ['java'],
    },
    {
      title: 'a version that is in gradle.properties, and a name of the jar',
      files: {
        'build.gradle.kts':
          'plugins {\n  alias(libs.plugins.spring.boot)\n}\ntasks.bootJar { archiveBaseName.set("server") }\n',
        'settings.gradle.kts': 'rootProject.name = "game"\n',
        'gradle.properties': 'version=7\n',
      },
      command: `${JAVA} -jar {artifact}.jar --server.port={port}`,
      build: 'gradle -q --console=plain bootJar && cp "build/libs/server-7.jar" "{artifact}.jar"',
      source: 'build.gradle.kts, Spring Boot',
      needs: ['gradle', 'java'],
    },
    {
      title: 'a version that is computed',
      files: {
        'build.gradle': GRADLE_BOOT.replace("'0.1'", 'gitVersion()'),
        'settings.gradle': "rootProject.name = 'game'\n",
      },
      command: 'gradle -q --console=plain bootRun --args=--server.port={port}',
      source: 'build.gradle, Spring Boot',
      explains: 'there is no artifact to go back to',
    },
    {
      title: 'the layout of `gradle init`',
      files: {
        'settings.gradle.kts': 'rootProject.name = "game"\ninclude("app", "list")\n',
        'app/build.gradle.kts':
          'plugins {\n    application\n}\napplication {\n    mainClass = "org.example.App"\n}\n',
        'list/build.gradle.kts': 'plugins {\n    `java-library`\n}\n',
      },
      command: `${JAVA} -cp {artifact}/* org.example.App`,
      build: 'gradle -q --console=plain :app:installDist && cp -R "app/build/install/app/lib" "{artifact}"',
      byHand: 'gradle -q --console=plain :app:run',
      source: 'app/build.gradle.kts, main class org.example.App',
    },
    {
      title: 'options of the JVM, which only the script has',
      files: {
        'build.gradle':
          "apply plugin: 'application'\nmainClassName = 'a.Main'\napplicationDefaultJvmArgs = ['-Xmx1g']\n",
        'settings.gradle': "rootProject.name = 'game'\n",
      },
      command: '{artifact}/bin/game',
      build: 'gradle -q --console=plain installDist && cp -R "build/install/game" "{artifact}"',
      source: 'build.gradle, main class a.Main',
    },
  ]);

  itRejects('Java', [
    ['a library', { 'build.gradle': "plugins { id 'java-library' }\n" }, 'nothing says how it is run'],
    [
      'plugins that are only given a version',
      { 'build.gradle': "plugins {\n id 'org.springframework.boot' version '3.5.0' apply false\n}\n" },
      'nothing says how it is run',
    ],
    [
      'several programs',
      {
        'settings.gradle': "include 'a', 'b'\n",
        'a/build.gradle': GRADLE_BOOT,
        'b/build.gradle': GRADLE_BOOT,
      },
      'several projects are programs (a and b), and none is guessed',
    ],
    [
      'an application without main class',
      { 'build.gradle': "plugins { id 'application' }\n", 'settings.gradle': "rootProject.name = 'x'\n" },
      'but no mainClass',
    ],
  ]);
});
