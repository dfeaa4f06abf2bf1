package driver;

import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpSchema;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** What the client of the Java SDK is made to do, step by step. How it gets to a token is its program's matter. */
final class Steps implements Driver.Client {
  /** How a program gets to tokens. */
  interface Access {
    /** Makes each request carry a token. */
    void to(HttpClientStreamableHttpTransport.Builder transport) throws Exception;

    default void to(McpClient.SyncSpec client) {}

    /** Forgets who has logged in. */
    default void forget() {}

    /** Work for another thread, which may do what this one may. */
    default <T> Callable<T> carried(Callable<T> work) {
      return work;
    }
  }

  // As Deno refuses a body with an offer of HTTP/2.
  private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final JsonNode job;
  private final Access access;
  private String action = "accept";
  private JsonNode content;
  private McpSyncClient client;
  private Map<String, Object> tools;
  private final Map<String, String> outcomes = new ConcurrentHashMap<>();

  Steps(JsonNode job, Access access) {
    this.job = job;
    this.access = access;
  }

  static JsonNode post(String url, Object body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(Driver.JSON.writeValueAsString(body)))
            .build();
    return Driver.JSON.readTree(HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }

  private McpSchema.ElicitResult answer(McpSchema.ElicitFormRequest request) {
    if (!action.equals("accept")) {
      return new McpSchema.ElicitResult(McpSchema.ElicitResult.Action.valueOf(action.toUpperCase()), null);
    }
    Map<String, Object> filled = new LinkedHashMap<>();
    if (content != null) {
      content.properties().forEach(entry -> filled.put(entry.getKey(), Driver.JSON.convertValue(entry.getValue(), Object.class)));
    } else {
      JsonNode schema = Driver.JSON.valueToTree(request.requestedSchema());
      schema.path("properties").properties().forEach(entry -> filled.put(entry.getKey(), valueFor(entry.getValue())));
    }
    return new McpSchema.ElicitResult(McpSchema.ElicitResult.Action.ACCEPT, filled);
  }

  private static Object valueFor(JsonNode schema) {
    if (schema.has("default")) return Driver.JSON.convertValue(schema.get("default"), Object.class);
    if (schema.path("enum").isArray()) return schema.path("enum").get(0).asString();
    if (schema.path("oneOf").isArray()) return schema.path("oneOf").get(0).path("const").asString();
    String text =
        switch (schema.path("format").asString("")) {
          case "email" -> "ada@example.com";
          case "uri" -> "https://example.com/";
          case "date" -> "2026-01-01";
          case "date-time" -> "2026-01-01T00:00:00Z";
          default -> "hi";
        };
    return switch (schema.path("type").asString("")) {
      case "number", "integer" -> 5;
      case "boolean" -> true;
      case "array" -> List.of();
      case "object" -> Map.of();
      default -> text;
    };
  }

  private McpSyncClient connected() throws Exception {
    if (client == null) client = made();
    if (!client.isInitialized()) client.initialize();
    return client;
  }

  private McpSyncClient made() throws Exception {
    URI url = URI.create(job.get("url").asString());
    HttpClientStreamableHttpTransport.Builder transport =
        HttpClientStreamableHttpTransport.builder(url.getScheme() + "://" + url.getAuthority())
            .endpoint(url.getPath());
    access.to(transport);
    McpClient.SyncSpec made =
        McpClient.sync(transport.build())
            .clientInfo(new McpSchema.Implementation("driver java", "1"))
            .capabilities(McpSchema.ClientCapabilities.builder().elicitation().sampling().roots(false).build())
            .requestTimeout(Duration.ofMillis(job.get("limit_ms").asLong() + 5000))
            .initializationTimeout(Duration.ofMillis(job.get("limit_ms").asLong() + 5000))
            .roots(new McpSchema.Root("file:///home/person", "home"))
            .elicitation(this::answer)
            .enableCallToolSchemaCaching(true)
            .toolsChangeConsumer(changed -> {})
            .promptsChangeConsumer(changed -> {})
            .resourcesChangeConsumer(changed -> {})
            .sampling(
                request ->
                    McpSchema.CreateMessageResult.builder(McpSchema.Role.ASSISTANT, "hi", "none").build());
    access.to(made);
    return made.build();
  }

  /** All pages of a list, where the server has one. */
  private <P, T> List<T> all(
      boolean has, Function<String, P> page, Function<P, List<T>> entries, Function<P, String> next) {
    List<T> found = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    String cursor = null;
    do {
      if (!has) break;
      P read = page.apply(cursor);
      found.addAll(entries.apply(read));
      cursor = next.apply(read);
      // Who is sent in circles has all that there is.
    } while (cursor != null && seen.add(cursor));
    return found;
  }

  private void list(String what) throws Exception {
    McpSyncClient open = connected();
    McpSchema.ServerCapabilities declared = open.getServerCapabilities();
    switch (what) {
      case "list_tools" -> {
        tools = null;
        Map<String, Object> listed = new LinkedHashMap<>();
        all(
                declared.tools() != null,
                open::listTools,
                McpSchema.ListToolsResult::tools,
                McpSchema.ListToolsResult::nextCursor)
            .forEach(tool -> listed.put(tool.name(), tool.inputSchema()));
        tools = listed;
      }
      case "list_resources" ->
          all(
              declared.resources() != null,
              open::listResources,
              McpSchema.ListResourcesResult::resources,
              McpSchema.ListResourcesResult::nextCursor);
      case "list_resource_templates" ->
          all(
              declared.resources() != null,
              open::listResourceTemplates,
              McpSchema.ListResourceTemplatesResult::resourceTemplates,
              McpSchema.ListResourceTemplatesResult::nextCursor);
      default ->
          all(
              declared.prompts() != null,
              open::listPrompts,
              McpSchema.ListPromptsResult::prompts,
              McpSchema.ListPromptsResult::nextCursor);
    }
  }

  private static Map<String, Object> membersOf(JsonNode object) {
    Map<String, Object> members = new LinkedHashMap<>();
    object.properties().forEach(entry -> members.put(entry.getKey(), Driver.JSON.convertValue(entry.getValue(), Object.class)));
    return members;
  }

  private boolean call(JsonNode call) throws Exception {
    McpSyncClient open = connected();
    String tool = call.path("tool").asString();
    // Where the list could not be read, nobody knows what is not in it.
    if (tools != null && !tools.containsKey(tool)) return false;
    outcomes.put(tool, "error");
    McpSchema.CallToolResult result =
        open.callTool(new McpSchema.CallToolRequest(tool, membersOf(call.path("arguments"))));
    if (!Boolean.TRUE.equals(result.isError())) outcomes.put(tool, "result");
    return true;
  }

  /** Calls a tool of the server's that is told of another one. */
  private boolean tell(String teller, String tool, String name, Object value) throws Exception {
    Map<String, Object> told = new LinkedHashMap<>(Map.of("tool", tool));
    told.put(name, value);
    return call(Driver.JSON.valueToTree(Map.of("tool", teller, "arguments", told)));
  }

  /** Does a step; gives whether it was one. */
  @Override
  public boolean step(JsonNode step) throws Exception {
    String name = step.get("do").asString();
    switch (name) {
      case "connect" -> connected();
      case "list_tools", "list_resources", "list_resource_templates", "list_prompts" -> list(name);
      case "call" -> {
        return call(step);
      }
      case "call_at_once" -> {
        connected();
        List<Future<Boolean>> calls = new ArrayList<>();
        step.path("calls").forEach(one -> calls.add(Driver.THREADS.submit(access.carried(() -> call(one)))));
        for (Future<Boolean> one : calls) one.get();
      }
      case "listen" -> {
        // It listens by itself, and lists again before it tells anybody of a change; what is left are resources.
        McpSyncClient open = connected();
        for (JsonNode uri : step.path("notifications").path("resourceSubscriptions")) {
          open.subscribeResource(new McpSchema.SubscribeRequest(uri.asString()));
        }
      }
      case "report" -> {
        String tool = step.get("tool").asString();
        return tell("report_outcome", tool, "outcome", outcomes.get(tool));
      }
      case "hand_back_schema" -> {
        String tool = step.get("tool").asString();
        return tell("json_schema_echo", tool, "schema", tools == null ? null : tools.get(tool));
      }
      case "switch_user" -> {
        end();
        access.forget();
        connected();
      }
      case "read" -> connected().readResource(new McpSchema.ReadResourceRequest(step.get("uri").asString()));
      case "get_prompt" ->
          connected()
              .getPrompt(new McpSchema.GetPromptRequest(step.get("prompt").asString(), membersOf(step.path("arguments"))));
      case "wait" -> {
        if (step.has("clock_ms")) {
          post(job.get("control").asString() + "/clock", Map.of("advance_seconds", step.get("clock_ms").asLong() / 1000.0));
        }
        Thread.sleep(step.path("ms").asLong(0));
      }
      case "answer" -> {
        action = step.path("action").asString("accept");
        content = step.get("content");
      }
      case "end" -> end();
      default -> throw new Driver.LacksException();
    }
    return true;
  }

  @Override
  public void end() {
    McpSyncClient left = client;
    client = null;
    if (left != null) left.closeGracefully();
  }
}
