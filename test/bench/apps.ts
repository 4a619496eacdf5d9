/** A small web app in some language: `GET /` on 127.0.0.1 and PORT answers with its version. */
export interface App {
  readonly language: string;
  /** The file that a save changes. */
  readonly source: string;
  readonly write: (version: string) => string;
  /** Files beside it. */
  readonly files: Readonly<Record<string, string>>;
  /** Keys of the configuration of `croupier dev`; the rest is detected. */
  readonly config: object;
}

export const GO_APP: App = {
  language: 'Go',
  source: 'main.go',
  write: (version) => `package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	server := &http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "${version}") })}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	go func() {
		<-stop.Done()
		server.Shutdown(context.Background())
	}()
	server.ListenAndServe()
}
`,
  files: { 'go.mod': 'module bench\n\ngo 1.21\n' },
  config: { command: '{artifact}', build: { command: 'go build -o {artifact} .' } },
};

export const PYTHON_APP: App = {
  language: 'Python',
  source: 'main.py',
  write: (version) => `from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

app = FastAPI()


@app.get("/", response_class=PlainTextResponse)
async def index():
    return "${version}"
`,
  files: {},
  config: { build: false },
};

export const NODE_APP: App = {
  language: 'Node',
  source: 'server.js',
  write: (version) => `const { createServer } = require('node:http');

const server = createServer((request, response) => response.end('${version}'));
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close());
`,
  files: { 'package.json': '{ "name": "bench" }' },
  config: { command: 'node server.js', build: false },
};
