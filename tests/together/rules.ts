/** Every test of the rules but the walk through all scenarios, with one load of the modules that they share. */
import "../judge/rules_foreign_test.ts";
import "../judge/rules_scenarios_test.ts";
import "../judge/rules_sdk_messages_test.ts";
import "../judge/rules_sdk_sessions_test.ts";
import "../judge/rules_sdk_test.ts";
import "../judge/rules_sdk_versions_test.ts";
import "../judge/rules_test.ts";
