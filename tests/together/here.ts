/** Every test of the host that starts no server in a process of its own, or only briefly, with one load of the modules that they share. */
import "../host/agreement_test.ts";
import "../host/architecture_test.ts";
import "../host/authorization_suite_test.ts";
import "../host/client_document_tls_test.ts";
import "../host/comment_examples_test.ts";
import "../host/documents_test.ts";
import "../host/drivers_test.ts";
import "../host/fixture_test.ts";
import "../host/mcp_load_test.ts";
import "../host/oracle_test.ts";
import "../host/public_attack_test.ts";
import "../host/readme_test.ts";
import "../host/sdk_v1_test.ts";
import "../host/sdk_v2_test.ts";
import "../host/specifications_test.ts";
