/** How our operations compare with those of the peer, a server of the MCP SDK 1.x in Node: both in memory, in turns. */
import { startProcess, startServer } from "./measure.ts";
import { createOperations, type Place } from "./operations.ts";
import { measureSides, type Pace, type Share, type Spread, spreadOf } from "./turns.ts";

const place: Place = { oauth: "", session: "/session", stateless: "/stateless", isModern: false, hasServices: false };

/** An operation of both. What the peer cannot do has our share alone. */
export interface Comparison {
  readonly name: string;
  readonly ours: readonly Share[];
  readonly peers: readonly Share[];
}

/** Which Node the peer runs in: `BENCH_NODE`, or the machine's. */
export async function findNode(): Promise<{ readonly path: string; readonly version: string } | undefined> {
  const path = Deno.env.get("BENCH_NODE") ?? "node";
  try {
    const { stdout } = await new Deno.Command(path, { args: ["--version"], stdin: "null" }).output();
    return { path, version: new TextDecoder().decode(stdout).trim().replace(/^v/, "") };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Measures pairs of servers, for each operation.
 *
 * @param node Command of Node.
 * @param folder Where the peer's bundle may lie.
 * @param pace How long.
 */
export async function measurePeer(node: string, folder: string, pace: Pace): Promise<readonly Comparison[]> {
  const program = `${folder}/peer_server.mjs`;
  await bundlePeer(program);
  const found = new Map<string, { readonly ours: Share[]; readonly peers: Share[] }>();
  for (let count = 0; count < pace.pairs; count++) {
    await using ours = await startServer("app");
    await using peer = await startProcess(node, program);
    const sides = [
      { server: ours, operations: await createOperations(ours.origin, ours.send) },
      { server: peer, operations: await createOperations(peer.origin, peer.send, place) },
    ] as const;
    for await (const { name, shares: [share, peerShare] } of measureSides(...sides, pace)) {
      const row = found.get(name) ?? { ours: [], peers: [] };
      found.set(name, row);
      if (share) row.ours.push(share);
      if (peerShare) row.peers.push(peerShare);
    }
  }
  return [...found].map(([name, shares]) => ({ name, ...shares }));
}

/** Node finds no packages here, as Deno keeps them elsewhere, so the peer gets them into its file. */
async function bundlePeer(program: string): Promise<void> {
  const source = new URL("peer_server.ts", import.meta.url).pathname;
  const config = new URL("../deno.json", import.meta.url).pathname;
  const flags = ["--quiet", "--frozen", "--config", config, "--platform", "deno", "--output", program];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args: ["bundle", ...flags, source] }).output();
  if (!success) throw new Error(`The peer cannot be bundled: ${new TextDecoder().decode(stderr)}`);
}

/**
 * Gives comparisons as a Markdown table. The ratios are those of the pairs; over 1 we do more in a second, or with the same CPU
 * time.
 */
export function tableOf(comparisons: readonly Comparison[], version: string): string {
  const head = [
    `| operation | per second | SDK 1.x on Node ${version} | × SDK's rate | CPU µs | SDK's CPU µs | × SDK's work per CPU |`,
    "|---|--:|--:|--:|--:|--:|--:|",
  ];
  const rows = comparisons.map(({ name, ours, peers }) => {
    const cells = (["perSecond", "cpuMicros"] as const).flatMap((figure) => {
      const [own, theirs] = [ours.map((share) => share[figure]), peers.map((share) => share[figure])];
      const ratios = theirs.map((value, index) => ratioOf(figure, own[index] ?? NaN, value));
      return [own, theirs].map((values) => values.length > 0 ? spreadOf(values).mean.toFixed(0) : "")
        .concat(ratios.length > 0 ? textOf(spreadOf(ratios)) : "");
    });
    return `| ${name} | ${cells.join(" | ")} |`;
  });
  return [...head, ...rows, ""].join("\n");
}

function ratioOf(figure: keyof Share, ours: number, peers: number): number {
  return figure === "perSecond" ? ours / peers : peers / ours;
}

function textOf({ mean, error }: Spread): string {
  return `${mean.toFixed(2)} ± ${error.toFixed(2)}`;
}
