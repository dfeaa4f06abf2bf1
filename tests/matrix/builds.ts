/** How each driver is built and started. */
import type { DrivenClient } from "./clients.ts";

/** How a program of a language is built, and what has to be there for it. */
export interface Build {
  /** A command of the toolchain, without which it is skipped. */
  readonly needs: string;
  /** A library that not every registry has, without which it is skipped. */
  readonly library?: { readonly name: string; readonly isThere: readonly string[] };
  /** Commands, run in the folder of the driver. */
  readonly commands: readonly (readonly string[])[];
  /** What starts it. */
  readonly start: readonly string[];
}

/** Where the built drivers lie; nothing in it is kept in the repository. */
export const built: string = new URL("../../dist/drivers/", import.meta.url).pathname;

const drivers = new URL("drivers/", import.meta.url).pathname;

const springLibrary = "org.springaicommunity:mcp-client-security-spring-boot:0.1.9";

/** How each driver is built and started. */
export const builds: Readonly<Record<DrivenClient["folder"], Build>> = {
  typescript: {
    needs: Deno.execPath(),
    commands: [],
    start: [
      Deno.execPath(),
      "run",
      ...["--config", `${drivers}../../deno.json`, "--quiet", "--frozen", "--no-prompt", "--no-check"],
      ...["--allow-net", "--allow-env", `${drivers}typescript/driver.ts`],
    ],
  },
  python: {
    needs: "python3",
    commands: [
      ["python3", "-m", "venv", `${built}python`],
      [
        `${built}python/bin/pip`,
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
        "requirements.txt",
      ],
    ],
    start: [`${built}python/bin/python`, `${drivers}python/driver.py`],
  },
  go: {
    needs: "go",
    commands: [
      ["go", "build", "-mod=readonly", "-o", `${built}go`, "."],
      ["go", "build", "-mod=readonly", "-o", `${built}go-server`, "./server"],
    ],
    start: [`${built}go`],
  },
  rust: {
    needs: "cargo",
    commands: [["cargo", "build", "--release", "--quiet", "--locked", "--target-dir", `${built}rust`]],
    start: [`${built}rust/release/driver`],
  },
  java: {
    needs: "mvn",
    commands: [["mvn", "--quiet", "--batch-mode", "package", `-DoutputDirectory=${built}java`]],
    start: ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", `${built}java/*`, "driver.Driver"],
  },
  spring: {
    needs: "mvn",
    library: {
      name: springLibrary,
      isThere: [
        "mvn",
        "--quiet",
        "--batch-mode",
        "dependency:get",
        `-Dartifact=${springLibrary}`,
        "-Dtransitive=false",
      ],
    },
    commands: [["mvn", "--quiet", "--batch-mode", "package", `-DoutputDirectory=${built}spring`]],
    start: ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", `${built}spring/*`, "driver.SpringDriver"],
  },
  kotlin: {
    needs: "mvn",
    commands: [["mvn", "--quiet", "--batch-mode", "package", `-DoutputDirectory=${built}kotlin`]],
    start: ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", `${built}kotlin/*`, "driver.DriverKt"],
  },
};
