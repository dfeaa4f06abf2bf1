/** Programs in Python, at the versions that lie here: each has an environment of its own in `dist`. */
import assert from "node:assert/strict";
import { works } from "../host/toolchains.ts";

/** What each of them needs of a machine. */
export const needs = "Python 3.10 with a registry of packages";

const hasPython = works(["python3", "-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"]);

/** Where a program lies. */
export function pathOf(environment: string, program: string): string {
  return new URL(`../../dist/${environment}/bin/${program}`, import.meta.url).pathname;
}

/** Whether it can be had: a machine may have Python, and no way to a registry of packages. */
export async function canInstall(environment: string, requirements: string): Promise<boolean> {
  if (!hasPython) return false;
  try {
    await install(environment, requirements);
    return true;
  } catch (error) {
    await Deno.stderr.write(new TextEncoder().encode(`${environment}: ${error}\n`));
    return false;
  }
}

/** Installs what a file lists, where that has not been done. */
export async function install(environment: string, requirements: string): Promise<void> {
  await must("python3", ["-m", "venv", new URL(`../../dist/${environment}`, import.meta.url).pathname]);
  const listed = new URL(requirements, import.meta.url).pathname;
  const flags = ["--quiet", "--disable-pip-version-check"];
  await must(pathOf(environment, "pip"), ["install", ...flags, "--requirement", listed]);
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stdout) + decoder.decode(stderr));
}
