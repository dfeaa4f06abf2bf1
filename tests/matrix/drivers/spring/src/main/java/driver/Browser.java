package driver;

import java.net.CookieManager;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** The browser of a person who agrees to everything: a step is a page, and where it leads is followed. */
final class Browser implements Driver.Client {
  /** As many as browsers follow. */
  private static final int MAX_REDIRECTS = 20;

  private final String origin;
  private final String page;
  private HttpClient http = fresh();
  private int logins = 0;
  private int person = 1;

  Browser(String origin, String page) {
    this.origin = origin;
    this.page = page;
  }

  private static HttpClient fresh() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .cookieHandler(new CookieManager())
        .build();
  }

  @Override
  public boolean step(JsonNode step) throws Exception {
    if (!step.get("do").asString().equals("switch_user")) return visit(step);
    end();
    http = fresh();
    person++;
    return visit(Driver.JSON.valueToTree(Map.of("do", "connect")));
  }

  @Override
  public void end() throws Exception {
    visit(Driver.JSON.valueToTree(Map.of("do", "end")));
  }

  @Override
  public int logins() {
    return logins;
  }

  private boolean visit(JsonNode step) throws Exception {
    URI at = URI.create(page + "?step=" + URLEncoder.encode(step.toString(), StandardCharsets.UTF_8));
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(at).header("accept", "text/html,*/*;q=0.8").build(),
              HttpResponse.BodyHandlers.ofString());
      String location = response.headers().firstValue("location").orElse(null);
      if (response.statusCode() / 100 == 3 && location != null) {
        at = followed(at, at.resolve(location));
      } else if (response.statusCode() == 200 && at.toString().startsWith(page + "?")) {
        return read(Driver.JSON.readTree(response.body()));
      } else {
        throw new Driver.FailedException("Page", seen(at) + " is answered with " + response.statusCode());
      }
    }
    throw new Driver.FailedException("Page", "It redirected more than " + MAX_REDIRECTS + " times");
  }

  private URI followed(URI from, URI to) {
    if (!isHome(from) || isHome(to)) return to;
    logins++;
    // Who logs in again is the same person, whose sessions go on.
    String login = "auto_approve_email=person-" + person + "%40example.com&auto_approve_password=secret-" + person;
    return URI.create(to + (to.getQuery() == null ? "?" : "&") + login);
  }

  /** What a person would tell of the page where it ended. */
  private static String seen(URI at) {
    String query = at.getRawQuery() == null ? "" : at.getRawQuery();
    String error =
        Arrays.stream(query.split("&"))
            .filter(one -> one.startsWith("error"))
            .map(one -> URLDecoder.decode(one, StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    return at.getPath() + (error.isEmpty() ? "" : "?" + error);
  }

  private boolean isHome(URI uri) {
    return uri.toString().startsWith(origin + "/");
  }

  private static boolean read(JsonNode done) throws Exception {
    if (done.has("lacks")) throw new Driver.LacksException();
    if (done.has("error")) {
      throw new Driver.FailedException(done.get("error").asString(), done.path("message").asString(""));
    }
    return done.get("done").asBoolean();
  }
}
