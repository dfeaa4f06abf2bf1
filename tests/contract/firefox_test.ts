/** That a client in a page is judged by what Firefox saves of it as it was by what came here. */
import assert from "node:assert/strict";
import { firefoxPath, startFirefox } from "../browser/firefox.ts";
import { assertJudgedAlike } from "../browser/page_recordings.ts";
import { testWithToolchain } from "../host/toolchains.ts";

testWithToolchain({
  name: "a client in a page is judged by what Firefox saves as it was here (HAR 1.2)",
  needs: "Firefox",
  isThere: firefoxPath !== undefined,
  fn: async (t) => {
    assert(firefoxPath);
    await using firefox = await startFirefox(firefoxPath);
    await assertJudgedAlike(t, {
      visit: async (url) => {
        await firefox.clear();
        await firefox.open(url);
        while (!(await firefox.address()).includes("#"));
        // Asked at once, its tools miss what they are still being told.
        await new Promise<void>((resolve) => setTimeout(resolve, 2000));
      },
      ways: [{ name: "as it is", save: firefox.save, unseen: [] }],
    });
  },
});
