package driver;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import java.security.KeyFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.springaicommunity.mcp.security.client.sync.oauth2.http.client.OAuth2ClientCredentialsSyncHttpRequestCustomizer;
import org.springaicommunity.mcp.security.client.sync.oauth2.metadata.McpMetadata;
import org.springaicommunity.mcp.security.client.sync.oauth2.metadata.McpMetadataDiscoveryService;
import org.springaicommunity.mcp.security.client.sync.oauth2.metadata.ProtectedResourceMetadata;
import org.springaicommunity.mcp.security.client.sync.oauth2.metadata.WwwAuthenticateParameters;
import org.springaicommunity.mcp.security.client.sync.oauth2.registration.McpClientRegistrationRepository;
import org.springframework.security.oauth2.client.AuthorizedClientServiceOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.endpoint.NimbusJwtClientAuthenticationParametersConverter;
import org.springframework.security.oauth2.client.endpoint.OAuth2ClientCredentialsGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientClientCredentialsTokenResponseClient;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import tools.jackson.databind.JsonNode;

/** Clients that a server knows beforehand, put where MCP Security looks for them. */
class KnownClients {
  private final McpClientRegistrationRepository registrations;
  private final McpMetadataDiscoveryService discovery;
  private final OAuth2AuthorizedClientService authorized;

  KnownClients(
      McpClientRegistrationRepository registrations,
      McpMetadataDiscoveryService discovery,
      OAuth2AuthorizedClientService authorized) {
    this.registrations = registrations;
    this.discovery = discovery;
    this.authorized = authorized;
  }

  void register(JsonNode job, HttpClientStreamableHttpTransport.Builder transport) throws Exception {
    String id = job.get("id").asString();
    JsonNode client = job.get("client");
    boolean isMachine = client.path("grant_types").toString().contains("client_credentials");
    if (registrations.findByRegistrationId(id) == null) {
      McpMetadata found = discovery.getMcpMetadata(job.get("url").asString());
      ProtectedResourceMetadata resource = found.protectedResourceMetadata();
      ClientRegistration.Builder registration =
          ClientRegistrations.fromIssuerLocation(resource.authorizationServers().get(0))
              .registrationId(id)
              .clientId(client.get("client_id").asString())
              .clientSecret(client.path("client_secret").asString(""))
              .clientAuthenticationMethod(
                  new ClientAuthenticationMethod(client.get("token_endpoint_auth_method").asString()))
              .authorizationGrantType(
                  isMachine ? AuthorizationGrantType.CLIENT_CREDENTIALS : AuthorizationGrantType.AUTHORIZATION_CODE)
              .scope(scopesIn(found))
              .redirectUri("{baseUrl}/authorize/oauth2/code/{registrationId}");
      registrations.addClientRegistration(registration.build(), resource.resource());
    }
    if (isMachine) {
      transport.httpRequestCustomizer(new OAuth2ClientCredentialsSyncHttpRequestCustomizer(managerFor(client), id));
    }
  }

  /** As the library chooses them for the clients that it registers. */
  private static String[] scopesIn(McpMetadata found) {
    WwwAuthenticateParameters challenge = found.wwwAuthenticateParameters();
    if (challenge != null && challenge.getScope() != null) return challenge.getScope().split(" ");
    List<String> supported = found.protectedResourceMetadata().scopesSupported();
    return supported == null ? new String[0] : supported.toArray(String[]::new);
  }

  private AuthorizedClientServiceOAuth2AuthorizedClientManager managerFor(JsonNode client) throws Exception {
    var tokens = new RestClientClientCredentialsTokenResponseClient();
    if (client.has("private_key_pem")) {
      ECKey key = keyOf(client.get("private_key_pem").asString());
      tokens.addParametersConverter(
          new NimbusJwtClientAuthenticationParametersConverter<OAuth2ClientCredentialsGrantRequest>(one -> key));
    }
    var manager = new AuthorizedClientServiceOAuth2AuthorizedClientManager(registrations, authorized);
    manager.setAuthorizedClientProvider(
        OAuth2AuthorizedClientProviderBuilder.builder()
            .clientCredentials(grant -> grant.accessTokenResponseClient(tokens))
            .build());
    return manager;
  }

  /** A key as a JWK, which wants its public half too: the last thing in a PKCS #8 file, X and Y of 32 bytes each. */
  private static ECKey keyOf(String pem) throws Exception {
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[^-]+-----", ""));
    byte[] x = Arrays.copyOfRange(der, der.length - 64, der.length - 32);
    byte[] y = Arrays.copyOfRange(der, der.length - 32, der.length);
    return new ECKey.Builder(Curve.P_256, Base64URL.encode(x), Base64URL.encode(y))
        .privateKey(KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der)))
        .algorithm(JWSAlgorithm.ES256)
        .build();
  }
}
