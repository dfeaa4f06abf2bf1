#!/usr/bin/env node
// What npm installs as a command.
import process from "node:process";
import { tooOld } from "./oldest.ts";

const problem = tooOld();

if (problem === undefined) await import("./command.ts");
else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
