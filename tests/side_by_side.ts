/**
 * Runs tasks side by side, for tests that wait a lot: what the first prints is seen at once, what the others print when
 * they have ended. Fails if one of them fails, but lets all of them end.
 */
const [first = "", ...others] = Deno.args;

const command = (task: string, stdout: "inherit" | "piped"): Deno.Command =>
  new Deno.Command(Deno.execPath(), { args: ["task", "--quiet", task], stdin: "null", stdout, stderr: stdout });

const ends = others.map((task) => command(task, "piped").output());
const codes = [(await command(first, "inherit").spawn().status).code];
for (const end of ends) {
  const { code, stdout, stderr } = await end;
  for (const text of [stdout, stderr]) {
    await new Blob([text]).stream().pipeTo(Deno.stdout.writable, { preventClose: true });
  }
  codes.push(code);
}
Deno.exit(codes.find((code) => code !== 0) ?? 0);
