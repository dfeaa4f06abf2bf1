/** Every test in Chromium but those of recordings, which have one of their own, with one load of the modules that they share. */
import "../browser/consent_test.ts";
import "../browser/control_test.ts";
import "../browser/device_test.ts";
import "../browser/guide_test.ts";
import "../browser/guide_way_test.ts";
import "../browser/inspect_lanes_test.ts";
import "../browser/inspect_test.ts";
import "../browser/pages_test.ts";
import "../browser/public_script_test.ts";
import "../browser/scenarios_test.ts";
