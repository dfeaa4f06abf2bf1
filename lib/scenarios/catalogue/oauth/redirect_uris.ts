// Which redirect URIs a server takes, and how it compares them.
import type { Scenario } from "../../scenario.ts";
import { mcp, reports, rfc } from "../links.ts";
import { since2026_07 } from "../since.ts";

/** Scenarios of redirect URIs. */
export const redirectUriScenarios: readonly Scenario[] = [
  {
    name: "no-custom-schemes",
    group: "Registration",
    story: "Redirect URIs with an app's own scheme are refused at registration",
    client: "Registers https or loopback redirect URIs, or shows the refusal",
    plan: { policy: { privateUseSchemes: false, clientIdMetadataDocuments: false } },
    expects: ["C16"],
    reaches: "registration",
    links: [
      mcp("redirect URI constraints"),
      rfc("8252 7.1"),
      ...reports(
        "better-auth/better-auth#10946",
        "laravel/mcp#173",
        "makeplane/plane-mcp-server#159",
        "soflyy/agent-connector-for-wp#111",
      ),
    ],
  },
  {
    name: "no-loopback-redirects",
    group: "Registration",
    story: "Redirect URIs on the person's own computer are refused at registration",
    client: "Shows the refusal, and does not continue with an invented client_id",
    plan: { policy: { loopbackRedirects: "none", clientIdMetadataDocuments: false } },
    expects: ["C9"],
    reaches: "registration",
    links: [mcp("redirect URI constraints"), rfc("8252 7.3"), ...reports("Zomato/mcp-server-manifest#30")],
  },
  {
    name: "no-localhost-redirects",
    group: "Registration",
    story: "Redirect URIs on the person's own computer are accepted by IP address; the name localhost is refused",
    client: "Listens on 127.0.0.1 or [::1], and registers what it listens on",
    plan: { policy: { loopbackRedirects: "by_address", clientIdMetadataDocuments: false } },
    expects: ["C16"],
    links: [mcp("redirect URI constraints"), rfc("8252 8.3"), ...reports("cc#82096")],
  },
  {
    name: "native-clients-only",
    group: "Registration",
    story: "Web clients are refused at registration, and so are clients without an application_type, which means web",
    client: "Registers as native if it runs on the person's own computer, or shows the refusal",
    plan: { policy: { webClients: false, clientIdMetadataDocuments: false } },
    revisions: since2026_07,
    expects: ["C8"],
    reaches: "registration",
    links: [
      mcp("redirect URI constraints"),
      {
        label: "OpenID Connect Registration 2",
        url: "https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata",
      },
      ...reports("laravel/mcp#173"),
    ],
  },
  {
    name: "exact-redirect-uri",
    group: "Authorization",
    story: "Redirect URIs must match character by character, including the port of a loopback URI and a trailing slash",
    client: "Registers the URI that it will use, with its port, or registers again when the port has changed",
    plan: { policy: { redirectUriMatch: "exact", clientIdMetadataDocuments: false } },
    expects: ["C16"],
    links: [
      mcp("open redirection"),
      rfc("8252 7.3"),
      ...reports(
        "remote#72",
        "cc#90370",
        "PrefectHQ/fastmcp#3588",
        "getsentry/sentry-mcp#1190",
        "honojs/middleware#1823",
        "vsc#278512",
        "vsc#260446",
      ),
    ],
  },
];
