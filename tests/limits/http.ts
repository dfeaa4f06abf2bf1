/** Limits on what a request brings. */
import assert from "node:assert/strict";
import { MAX_STATE_BYTES } from "../../lib/sandbox/changes.ts";
import { MAX_NESTING } from "../../lib/http/json.ts";
import { MAX_BODY_BYTES, MAX_BODY_CHUNKS, MAX_MESSAGE_BYTES } from "../../lib/http/request_body.ts";
import { testApp } from "../helpers.ts";
import { bytesText, type LimitRow } from "./row.ts";

export const rows: readonly LimitRow[] = [
  {
    what: "body, outside the MCP endpoints",
    each: "request",
    most: bytesText(MAX_BODY_BYTES),
    beyond: "413",
    fill: async () => {
      await using test = await testApp();
      const register = async (length: number): Promise<number> => {
        const head = '{"redirect_uris":["https://client.example/cb"],"client_name":"';
        const body = `${head}${"a".repeat(length - head.length - 2)}"}`;
        return (await test.postJson("/oauth/register", body)).status;
      };
      assert.notEqual(await register(MAX_BODY_BYTES), 413);
      assert.equal(await register(MAX_BODY_BYTES + 1), 413);
    },
  },
  {
    what: "body, at the MCP endpoints",
    each: "request",
    most: bytesText(MAX_MESSAGE_BYTES),
    beyond: "413",
    fill: async () => {
      await using test = await testApp();
      const call = async (length: number): Promise<number> => {
        const head = '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"';
        return (await test.postJson("/no-auth", `${head}${"a".repeat(length - head.length - 3)}"}}`)).status;
      };
      assert.notEqual(await call(MAX_MESSAGE_BYTES), 413);
      assert.equal(await call(MAX_MESSAGE_BYTES + 1), 413);
    },
  },
  {
    what: "chunks of a body without Content-Length",
    each: "request",
    most: MAX_BODY_CHUNKS.toLocaleString("en-US"),
    beyond: "413",
    fill: async () => {
      await using test = await testApp();
      const ask = async (chunks: number): Promise<number> => {
        const body = ReadableStream.from(Array.from({ length: chunks }, () => new Uint8Array([0x61])));
        const headers = { "content-type": "application/x-www-form-urlencoded" };
        return (await test.fetch("/oauth/token", { method: "POST", headers, body })).status;
      };
      assert.equal(await ask(MAX_BODY_CHUNKS), 400);
      assert.equal(await ask(MAX_BODY_CHUNKS + 1), 413);
    },
  },
  {
    what: "JSON",
    each: "request",
    most: `${MAX_NESTING} levels`,
    beyond: "400",
    fill: async () => {
      await using test = await testApp();
      const register = async (levels: number): Promise<number> => {
        const jwk = `{"kty":"OKP","crv":"Ed25519","x":"AAAA","y":${"[".repeat(levels - 4)}${"]".repeat(levels - 4)}}`;
        const body = `{"redirect_uris":["https://client.example/cb"],"jwks":{"keys":[${jwk}]}}`;
        return (await test.postJson("/oauth/register", body)).status;
      };
      assert.equal(await register(MAX_NESTING), 201);
      assert.equal(await register(MAX_NESTING + 1), 400);
    },
  },
  {
    what: "what tests set in a sandbox (faults, overrides)",
    each: "sandbox",
    most: `${bytesText(MAX_STATE_BYTES)}, two bytes a character in text beyond Latin-1`,
    beyond: "413",
    fill: async () => {
      await using test = await testApp();
      const set = async (text: string): Promise<number> => {
        const body = JSON.stringify({ mint: { claims: { x: text } } });
        const headers = { "content-type": "application/json" };
        return (await test.fetch("/control/plan", { method: "PATCH", body, headers })).status;
      };
      // Beside the text there are some hundred bytes of names.
      for (const [character, bytes] of [["a", 1], ["漢", 2]] as const) {
        assert.equal(await set(character.repeat((MAX_STATE_BYTES - 200) / bytes)), 200);
        assert.equal(await set(character.repeat(MAX_STATE_BYTES / bytes)), 413);
      }
    },
  },
];
