package driver;

import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * The client of the Java SDK as a driver: jobs come in as lines of JSON, and what became of each step goes out. See
 * ../README.md for the contract. The SDK leaves OAuth to its user, so this one is given a token and sends it.
 */
public final class Driver {
  static final ObjectMapper JSON = new ObjectMapper();
  static final ExecutorService THREADS =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work);
            thread.setDaemon(true);
            return thread;
          });

  /** A client that does steps. */
  interface Client {
    /** Does a step; gives whether it was one. */
    boolean step(JsonNode step) throws Exception;

    /** Closes the connection. */
    void end() throws Exception;

    /** How often somebody has logged in. */
    default int logins() {
      return 0;
    }
  }

  /** A step that the client has no way to do. */
  static final class LacksException extends Exception {}

  /** A step that failed elsewhere. */
  static final class FailedException extends Exception {
    final String name;

    FailedException(String name, String message) {
      super(message);
      this.name = name;
    }
  }

  private final JsonNode job;
  private final Client client;

  private Driver(JsonNode job, Client client) {
    this.job = job;
    this.client = client;
  }

  private static <T> T within(long ms, Callable<T> work) throws Exception {
    Future<T> future = THREADS.submit(work);
    try {
      return future.get(ms, TimeUnit.MILLISECONDS);
    } finally {
      future.cancel(true);
    }
  }

  private static synchronized void tell(Map<String, Object> line) {
    System.out.println(JSON.writeValueAsString(line));
  }

  static String nameOf(Throwable error) {
    return error instanceof FailedException failed ? failed.name : error.getClass().getSimpleName();
  }

  static String messageOf(Throwable error) {
    String message = String.valueOf(error.getMessage());
    return message.substring(0, Math.min(300, message.length()));
  }

  static Throwable innermost(Throwable error) {
    while (error.getCause() != null && error.getCause() != error) error = error.getCause();
    return error;
  }

  private void drive() {
    int index = -1;
    boolean hasGivenUp = false;
    for (JsonNode step : job.get("steps")) {
      index++;
      String name = step.get("do").asString();
      hasGivenUp = hasGivenUp && !name.equals("connect");
      if (hasGivenUp) continue;
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("id", job.get("id").asString());
      line.put("step", index);
      line.put("do", name);
      line.put("ok", true);
      boolean hangs = false;
      try {
        if (!within(job.get("limit_ms").asLong() + step.path("ms").asLong(0), () -> client.step(step))) line.put("skipped", true);
      } catch (TimeoutException late) {
        hangs = true;
        line.put("ok", false);
        line.put("hangs", true);
      } catch (Exception raised) {
        Throwable error = innermost(raised instanceof ExecutionException ? raised.getCause() : raised);
        if (error instanceof LacksException) {
          line.put("lacks", true);
        } else {
          line.put("ok", false);
          line.put("error", nameOf(error));
          line.put("message", messageOf(error));
          hasGivenUp = name.equals("connect");
          leave();
        }
      }
      line.put("logins", client.logins());
      tell(line);
      if (hangs) break;
    }
    leave();
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", job.get("id").asString());
    line.put("done", true);
    tell(line);
  }

  /** A connection that a step failed on is not used again. */
  private void leave() {
    try {
      within(
          5000,
          () -> {
            client.end();
            return true;
          });
    } catch (Exception ignored) {
      // It has left all the same.
    }
  }

  /** Reads jobs, and does them with the client that each is given. */
  static void run(Function<JsonNode, Client> clients) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    List<Future<?>> jobs = new ArrayList<>();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode job = JSON.readTree(line);
      Driver driver = new Driver(job, clients.apply(job));
      jobs.add(THREADS.submit(driver::drive));
    }
    for (Future<?> one : jobs) one.get();
    System.exit(0);
  }

  /** A program that is given a token. */
  private static final class Given implements Steps.Access {
    private final String control;
    private String token;

    private Given(JsonNode job) {
      control = job.get("control").asString();
    }

    @Override
    public void to(HttpClientStreamableHttpTransport.Builder transport) throws Exception {
      if (token == null) token = Steps.post(control + "/tokens", Map.of()).path("access_token").asString();
      String sent = "Bearer " + token;
      transport.httpRequestCustomizer(
          (request, method, endpoint, body, context) -> request.setHeader("authorization", sent));
    }

    @Override
    public void forget() {
      token = null;
    }
  }

  public static void main(String[] args) throws Exception {
    run(job -> new Steps(job, new Given(job)));
  }
}
