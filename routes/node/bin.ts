#!/usr/bin/env node
// What npm installs as a command. An older Node fails while it reads the program, and does not say why.
import process from "node:process";

const OLDEST = 22;

if (Number.parseInt(process.versions.node) >= OLDEST) await import("./command.ts");
else {
  process.stderr.write(`mock-oauth: This is Node ${process.versions.node}; it needs Node ${OLDEST} or later\n`);
  process.exitCode = 2;
}
