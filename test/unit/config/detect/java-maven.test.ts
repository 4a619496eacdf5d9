import { describe } from 'vitest';
import { itDetects, itRejects } from './tree.js';

const pom = (...parts: string[]) =>
  `<?xml version="1.0"?>\n<!-- <artifactId>no</artifactId> -->\n<project xmlns="http://maven.apache.org/POM/4.0.0">${parts.join('')}</project>`;
const GAME = '<groupId>a</groupId><artifactId>game</artifactId><version>1.0</version>';
const BOOT_PARENT =
  '<parent><artifactId>spring-boot-starter-parent</artifactId><version>3.5.0</version></parent>';
const plugin = (name: string, more = '') =>
  `<build><plugins><plugin><artifactId>${name}</artifactId>${more}</plugin></plugins></build>`;
const BOOT = plugin('spring-boot-maven-plugin');
const dependency = (name: string, scope = '') =>
  `<dependencies><dependency><artifactId>${name}</artifactId>${scope === '' ? '' : `<scope>${scope}</scope>`}</dependency></dependencies>`;
const main = (folder: string) => `package ${folder};\nclass X { public static void main(String[] args) {} }`;

const MAVEN = 'mvn -q -B -ntp -Dmaven.test.skip=true package';
const JAVA = 'java -XX:TieredStopAtLevel=1';

describe.skipIf(process.platform === 'win32')('detection of Java by Maven', () => {
  itDetects('Java', [
    {
      title: 'Spring Boot',
      files: { 'pom.xml': pom(BOOT_PARENT, '<artifactId>game</artifactId>', BOOT) },
      command: `${JAVA} -jar {artifact}.jar --server.port={port}`,
      build: `${MAVEN} && cp "target/game-3.5.0.jar" "{artifact}.jar"`,
      byHand: 'mvn -q -B -ntp spring-boot:run -Dspring-boot.run.arguments=--server.port={port}',
      source: 'pom.xml, Spring Boot',
      watches: ['.java', '.properties', '.yml', '.xml'],
      overlooks: ['.md', '.class', '.kt'],
      ignores: ['target/', 'src/test/'],
      needs: ['mvn', 'java'],
    },
    {
      title: 'Spring Boot without its parent, whose jar has to be repackaged by name',
      files: { 'pom.xml': pom(GAME, BOOT) },
      command: `${JAVA} -jar {artifact}.jar --server.port={port}`,
      build: `${MAVEN} spring-boot:repackage && cp "target/game-1.0.jar" "{artifact}.jar"`,
      source: 'pom.xml, Spring Boot',
    },
    {
      title: 'the wrapper, a final name and a property as version',
      files: {
        mvnw: '#!/bin/sh',
        'pom.xml': pom(
          BOOT_PARENT,
          `<artifactId>x</artifactId><version>\${revision}</version><properties><revision>2</revision></properties>`,
          BOOT.replace('<build>', `<build><finalName>app-\${project.version}</finalName>`),
        ),
      },
      executable: ['mvnw'],
      command: `${JAVA} -jar {artifact}.jar --server.port={port}`,
      build: './mvnw -q -B -ntp -Dmaven.test.skip=true package && cp "target/app-2.jar" "{artifact}.jar"',
      source: 'pom.xml, Spring Boot',
      needs: ['java'],
    },
    {
      title: 'a wrapper that lost its permission',
      files: { mvnw: '#!/bin/sh', 'pom.xml': pom(BOOT_PARENT, GAME, BOOT) },
      command: `${JAVA} -jar {artifact}.jar --server.port={port}`,
      build:
        'sh ./mvnw -q -B -ntp -Dmaven.test.skip=true package && cp "target/game-1.0.jar" "{artifact}.jar"',
      source: 'pom.xml, Spring Boot',
    },
    {
      title: 'Spring Boot whose jar has a name that is not said',
      files: { 'pom.xml': pom(BOOT_PARENT, `<artifactId>x</artifactId><version>\${sha}</version>`, BOOT) },
      command: 'mvn -q -B -ntp spring-boot:run -Dspring-boot.run.arguments=--server.port={port}',
      source: 'pom.xml, Spring Boot',
      explains: 'there is no artifact to go back to',
    },
    {
      title: 'the one module that is a program',
      files: {
        'pom.xml': pom(
          GAME,
          '<packaging>pom</packaging><modules><module>core</module><module>api</module></modules>',
        ),
        'core/pom.xml': pom('<artifactId>core</artifactId>'),
        'api/pom.xml': pom(BOOT_PARENT, '<artifactId>api</artifactId>', BOOT),
      },
      command: `${JAVA} -jar {artifact}.jar --server.port={port}`,
      build:
        'mvn -q -B -ntp -DskipTests -pl api -am package && cp "api/target/api-3.5.0.jar" "{artifact}.jar"',
      source: 'api/pom.xml, Spring Boot',
    },
    {
      title: 'a main class that needs nothing else',
      files: {
        'pom.xml': pom(GAME, dependency('junit', 'test')),
        'src/main/java/com/acme/Server.java': main('com.acme'),
        'src/main/java/com/acme/Bench.java': main('com.acme'),
      },
      command: `${JAVA} -cp {artifact}.jar com.acme.Server`,
      build: `${MAVEN} && cp "target/game-1.0.jar" "{artifact}.jar"`,
      source: 'pom.xml, main class com.acme.Server',
    },
    {
      title: 'a main class that needs other jars',
      files: { 'pom.xml': pom(GAME, dependency('netty')), 'src/main/java/Main.java': main('x') },
      command: `${JAVA} -cp {artifact}/* x.Main`,
      build: `${MAVEN} dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="{artifact}" && cp "target/game-1.0.jar" "{artifact}"`,
      source: 'pom.xml, main class x.Main',
      explains: 'copied beside its own',
    },
    {
      title: 'a main class that a plugin names, in a jar with everything in it',
      files: {
        'pom.xml': pom(
          GAME,
          dependency('netty'),
          plugin(
            'maven-shade-plugin',
            '<executions><execution><configuration><transformers><transformer implementation="x"><mainClass>a.Shaded</mainClass></transformer></transformers></configuration></execution></executions>',
          ),
        ),
      },
      command: `${JAVA} -cp {artifact}.jar a.Shaded`,
      build: `${MAVEN} && cp "target/game-1.0.jar" "{artifact}.jar"`,
      source: 'pom.xml, main class a.Shaded',
    },
    {
      title: 'a main class in a property',
      files: { 'pom.xml': pom(GAME, '<properties><exec.mainClass>a.Game</exec.mainClass></properties>') },
      command: `${JAVA} -cp {artifact}.jar a.Game`,
      build: `${MAVEN} && cp "target/game-1.0.jar" "{artifact}.jar"`,
      source: 'pom.xml, main class a.Game',
    },
  ]);

  itRejects('Java', [
    ['no project', { 'pom.xml': 'text' }, 'pom.xml is not the XML of a project.'],
    ['a library', { 'pom.xml': pom(GAME) }, 'it is a library'],
    ['a war', { 'pom.xml': pom(GAME, '<packaging>war</packaging>') }, 'makes a war'],
    [
      'several modules that are programs',
      {
        'pom.xml': pom('<modules><module>a</module><module>b</module></modules>'),
        'a/pom.xml': pom(GAME, BOOT),
        'b/pom.xml': pom(GAME, BOOT),
      },
      'several modules are programs (a and b), and none is guessed',
    ],
  ]);
});
