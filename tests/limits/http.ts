/** Limits on what a request brings. */
import assert from "node:assert/strict";
import { MAX_BODY_BYTES } from "../../lib/http.ts";
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
];
