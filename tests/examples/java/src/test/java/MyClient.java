import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpSchema;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A client of Java's SDK that calls a tool. The SDK leaves OAuth to its user, so this logs in, with no browser. */
final class MyClient {
  private static final String REDIRECT_URI = "http://127.0.0.1:33418/callback";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  static void call(String endpoint) throws Exception {
    String token = logIn(endpoint);
    URI url = URI.create(endpoint);
    var transport =
        HttpClientStreamableHttpTransport.builder(url.getScheme() + "://" + url.getAuthority())
            .endpoint(url.getPath())
            .httpRequestCustomizer(
                (request, method, at, body, context) -> request.setHeader("authorization", "Bearer " + token))
            .build();
    McpSyncClient client = McpClient.sync(transport).clientInfo(new McpSchema.Implementation("my client", "1")).build();
    client.initialize();
    client.listTools();
    client.callTool(new McpSchema.CallToolRequest("mock_echo", Map.of("message", "hi")));
    client.closeGracefully();
  }

  /** Goes from the refusal of a call to a token, as the specification says. */
  private static String logIn(String endpoint) throws Exception {
    HttpResponse<String> refused = send(request(endpoint).POST(BodyPublishers.noBody()));
    String challenge = refused.headers().firstValue("www-authenticate").orElseThrow();
    Matcher metadata = Pattern.compile("resource_metadata=\"([^\"]+)\"").matcher(challenge);
    if (!metadata.find()) throw new IllegalStateException(challenge);
    JsonNode resource = get(metadata.group(1));
    String issuer = resource.get("authorization_servers").get(0).asString();
    JsonNode server = get(issuer + "/.well-known/oauth-authorization-server");
    if (!issuer.equals(server.get("issuer").asString())) throw new IllegalStateException("Another issuer");
    var asked = Map.of("client_name", "my client", "redirect_uris", new String[] {REDIRECT_URI}, "token_endpoint_auth_method", "none");
    var registration = request(server.get("registration_endpoint").asString()).header("content-type", "application/json");
    JsonNode client = JSON.readTree(send(registration.POST(BodyPublishers.ofString(JSON.writeValueAsString(asked)))).body());

    Map<String, String> common = new LinkedHashMap<>();
    common.put("client_id", client.get("client_id").asString());
    common.put("redirect_uri", REDIRECT_URI);
    common.put("resource", resource.get("resource").asString());
    String verifier = random();
    String state = random();
    Map<String, String> query = new LinkedHashMap<>(common);
    query.put("response_type", "code");
    query.put("state", state);
    query.put("code_challenge_method", "S256");
    query.put("code_challenge", base64(MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(UTF_8))));
    // A person who agrees at once.
    query.put("auto_approve", "true");
    URI authorization = URI.create(server.get("authorization_endpoint").asString() + "?" + encode(query));
    HttpResponse<String> answer = send(HttpRequest.newBuilder(authorization));
    Map<String, String> callback = decode(URI.create(answer.headers().firstValue("location").orElseThrow()).getRawQuery());
    if (!state.equals(callback.get("state"))) throw new IllegalStateException("Another state");
    if (!issuer.equals(callback.get("iss"))) throw new IllegalStateException("Another issuer");

    Map<String, String> fields = new LinkedHashMap<>(common);
    fields.put("grant_type", "authorization_code");
    fields.put("code", callback.get("code"));
    fields.put("code_verifier", verifier);
    var redemption =
        request(server.get("token_endpoint").asString()).header("content-type", "application/x-www-form-urlencoded");
    return JSON.readTree(send(redemption.POST(BodyPublishers.ofString(encode(fields)))).body()).get("access_token").asString();
  }

  private static HttpRequest.Builder request(String url) {
    return HttpRequest.newBuilder(URI.create(url));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private static JsonNode get(String url) throws Exception {
    return JSON.readTree(send(request(url)).body());
  }

  private static String random() {
    byte[] bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    return base64(bytes);
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String encode(Map<String, String> fields) {
    return fields.entrySet().stream()
        .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), UTF_8))
        .collect(joining("&"));
  }

  private static Map<String, String> decode(String query) {
    Map<String, String> fields = new HashMap<>();
    for (String field : query.split("&")) {
      String[] parts = field.split("=", 2);
      fields.put(parts[0], URLDecoder.decode(parts[1], UTF_8));
    }
    return fields;
  }
}
