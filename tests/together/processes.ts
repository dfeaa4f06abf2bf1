/** Every other test of the host that waits for processes, with one load of the modules that they share. */
import "../host/catalogue_file_test.ts";
import "../host/chaos_test.ts";
import "../host/clone_test.ts";
import "../host/database_file_test.ts";
import "../host/front_test.ts";
import "../host/inspector_cli_test.ts";
import "../host/kv_server_test.ts";
import "../host/listener_test.ts";
import "../host/mcp_sessions_processes_test.ts";
import "../host/network_test.ts";
import "../host/public_test.ts";
import "../host/scenarios_file_test.ts";
import "../host/start_test.ts";
import "../host/users_file_test.ts";
