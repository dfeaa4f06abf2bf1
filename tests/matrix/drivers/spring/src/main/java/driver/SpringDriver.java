package driver;

import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.springaicommunity.mcp.security.client.sync.AuthenticationMcpTransportContextProvider;
import org.springaicommunity.mcp.security.client.sync.config.McpClientOAuth2Configurer;
import org.springaicommunity.mcp.security.client.sync.oauth2.http.client.OAuth2HttpClientTransportCustomizer;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.concurrent.DelegatingSecurityContextCallable;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.configurers.CsrfConfigurer;
import org.springframework.security.oauth2.client.ClientAuthorizationRequiredException;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;
import tools.jackson.databind.JsonNode;

/**
 * The client of the Java SDK in an application of Spring's that MCP Security gives its tokens, as a driver: each step is
 * a page of the application, and a browser that comes for it is sent to log in where the library sees that it must.
 */
@SpringBootConfiguration
@EnableAutoConfiguration
@EnableWebSecurity
@Import(KnownClients.class)
public class SpringDriver {
  private static final Map<String, Steps> JOBS = new ConcurrentHashMap<>();

  @Bean
  SecurityFilterChain securityFilterChain(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
        .with(McpClientOAuth2Configurer.mcpClientOAuth2(), Customizer.withDefaults())
        .csrf(CsrfConfigurer::disable)
        .build();
  }

  @RestController
  static class Pages {
    /** Does a step, for the person whose browser has asked for it. */
    @GetMapping("/jobs/{id}")
    Map<String, Object> step(@PathVariable String id, @RequestParam String step) {
      Map<String, Object> done = new LinkedHashMap<>();
      try {
        done.put("done", JOBS.get(id).step(Driver.JSON.readTree(step)));
      } catch (Driver.LacksException lacks) {
        done.put("lacks", true);
      } catch (Exception raised) {
        for (Throwable error = raised; error != null; error = error.getCause()) {
          // Spring Security sends the browser to log in, and then to this page again.
          if (error instanceof ClientAuthorizationRequiredException required) throw required;
        }
        Throwable error = Driver.innermost(raised);
        done.put("error", Driver.nameOf(error));
        done.put("message", Driver.messageOf(error));
      }
      return done;
    }
  }

  /** A connection that MCP Security sees to. */
  private static final class Secured implements Steps.Access {
    private final JsonNode job;
    private final OAuth2HttpClientTransportCustomizer security;
    private final KnownClients known;

    private Secured(JsonNode job, OAuth2HttpClientTransportCustomizer security, KnownClients known) {
      this.job = job;
      this.security = security;
      this.known = known;
    }

    @Override
    public void to(HttpClientStreamableHttpTransport.Builder transport) throws Exception {
      security.customize(job.get("id").asString(), transport);
      if (job.has("client")) known.register(job, transport);
    }

    @Override
    public void to(McpClient.SyncSpec client) {
      client.transportContextProvider(new AuthenticationMcpTransportContextProvider());
    }

    @Override
    public <T> Callable<T> carried(Callable<T> work) {
      RequestAttributes attributes = RequestContextHolder.currentRequestAttributes();
      return new DelegatingSecurityContextCallable<>(
          () -> {
            RequestContextHolder.setRequestAttributes(attributes);
            try {
              return work.call();
            } finally {
              RequestContextHolder.resetRequestAttributes();
            }
          });
    }
  }

  public static void main(String[] args) throws Exception {
    var context =
        new SpringApplicationBuilder(SpringDriver.class, Pages.class)
            .bannerMode(Banner.Mode.OFF)
            .properties(
                "logging.level.root=off",
                "server.address=127.0.0.1",
                "server.port=0",
                "server.max-http-request-header-size=1MB",
                "spring.ai.mcp.client.authorization.dynamic-client-registration.enabled=true",
                "spring.ai.mcp.client.authorization.dynamic-client-registration.allow-loopback-addresses=true")
            .run(args);
    String origin = "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port");
    var security = context.getBean(OAuth2HttpClientTransportCustomizer.class);
    var known = context.getBean(KnownClients.class);
    Driver.run(
        job -> {
          String id = job.get("id").asString();
          JOBS.put(id, new Steps(job, new Secured(job, security, known)));
          return new Browser(origin, origin + "/jobs/" + id);
        });
  }
}
