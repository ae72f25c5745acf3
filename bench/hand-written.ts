import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A demo service with the Dockerfile that a competent engineer would usually write for it. */
export interface HandWritten {
  /** Its folder in `fixtures/projects`. */
  readonly name: string;
  /** The base of the stage `build`. */
  readonly builder: string;
  readonly dockerfile: string;
  readonly dockerignore: string;
  /** One line of the sources becomes another. */
  readonly changeSource: (directory: string) => void;
  /** One dependency more; undefined where dependencies and sources are one file of the image. */
  readonly changeDependency?: (directory: string) => void;
}

const go: HandWritten = {
  name: 'go-accountservice',
  builder: 'golang:1.26',
  dockerignore: '.git\n',
  dockerfile: `FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /app .

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /app /app
EXPOSE 6767
ENTRYPOINT ["/app"]
`,
  changeSource: (directory) =>
    changeText(
      join(directory, 'main.go'),
      (text) => `${text}\nvar changed = "1"\n\nfunc init() { println(changed) }\n`,
    ),
};

const springBoot: HandWritten = {
  name: 'spring-boot-quotes',
  builder: 'maven:3.9-eclipse-temurin-17',
  dockerignore: '.git\ntarget\n',
  dockerfile: `FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /src
COPY pom.xml .
RUN mvn -B dependency:go-offline
COPY src src
RUN mvn -B -DskipTests package

FROM eclipse-temurin:17-jre
WORKDIR /app
COPY --from=build /src/target/*.jar app.jar
USER 1000
EXPOSE 8080
ENTRYPOINT ["java", "-jar", "app.jar"]
`,
  changeSource: (directory) =>
    changeText(
      join(directory, 'src/main/java/com/example/quotes/Quote.java'),
      (text) => `${text}\n// changed\nclass Changed {}\n`,
    ),
  changeDependency: (directory) =>
    changeText(join(directory, 'pom.xml'), (text) =>
      text.replace(
        '<dependencies>',
        '<dependencies><dependency><groupId>commons-io</groupId><artifactId>commons-io</artifactId><version>2.18.0</version></dependency>',
      ),
    ),
};

const node: HandWritten = {
  name: 'node-gateway',
  builder: 'node:22-slim',
  dockerignore: '.git\nnode_modules\ndist\n',
  dockerfile: `FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:22-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app .
USER node
EXPOSE 3000
CMD ["node", "dist/server.js"]
`,
  changeSource: (directory) =>
    changeText(join(directory, 'src/app.ts'), (text) => `${text}\nexport const changed = 1;\n`),
  changeDependency: (directory) => {
    execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--silent', 'ms@2.1.3'], {
      cwd: directory,
      stdio: 'ignore',
    });
  },
};

/** The three demo services. */
export const handWritten: readonly HandWritten[] = [go, node, springBoot];

function changeText(file: string, change: (text: string) => string): void {
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`${file} was not changed`);
  writeFileSync(file, after);
}
