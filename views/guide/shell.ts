// The guide's five steps in a POSIX shell with curl and openssl: pasted one after another into the same shell they make
// the whole flow. They are what the guide offers where no script runs.
import type { Urls } from "../../lib/http/urls.ts";

type ShellSteps = readonly [
  discovery: string,
  registration: string,
  authorization: string,
  exchange: string,
  call: string,
];

/** Writes the five steps for one sandbox. */
export function buildShellSteps(urls: Urls): ShellSteps {
  return [
    discovery(urls),
    registration(urls),
    authorization(urls),
    exchange(urls),
    call(urls),
  ];
}

/** Filter that prints one string member of a JSON object. */
function pick(name: string): string {
  return String.raw`sed -n 's/.*"${name}" *: *"\([^"]*\)".*/\1/p'`;
}

function discovery(urls: Urls): string {
  return [
    `curl -i '${urls.oauth}'   # 401, and where to go on`,
    `curl -s '${urls.oauthProtectedResource}'`,
    `curl -s '${urls.authorizationServer}'`,
  ].join("\n");
}

function registration(urls: Urls): string {
  return String.raw`REDIRECT_URI='${urls.guide}'
CLIENT_ID=$(curl -s '${urls.register}' \
  -H 'content-type: application/json' \
  -d '{
    "client_name": "a shell",
    "redirect_uris": ["'"$REDIRECT_URI"'"],
    "token_endpoint_auth_method": "none"
  }' | ${pick("client_id")})
echo "$CLIENT_ID"`;
}

function authorization(urls: Urls): string {
  return String.raw`STATE=$(openssl rand -hex 8)
VERIFIER=$(openssl rand -hex 32)
CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary |
  openssl base64 | tr '+/' '-_' | tr -d '=\n')
CODE=$(curl -s -G -o /dev/null -w '%{redirect_url}' \
  '${urls.authorize}' \
  -d response_type=code \
  -d "client_id=$CLIENT_ID" \
  --data-urlencode "redirect_uri=$REDIRECT_URI" \
  -d "state=$STATE" \
  -d "code_challenge=$CHALLENGE" \
  -d code_challenge_method=S256 \
  --data-urlencode 'resource=${urls.oauth}' \
  -d auto_approve=true |
  sed 's/.*[?&]code=\([^&]*\).*/\1/')
echo "$CODE"`;
}

function exchange(urls: Urls): string {
  return String.raw`TOKEN=$(curl -s '${urls.token}' \
  -d grant_type=authorization_code \
  --data-urlencode "code=$CODE" \
  --data-urlencode "redirect_uri=$REDIRECT_URI" \
  -d "client_id=$CLIENT_ID" \
  -d "code_verifier=$VERIFIER" \
  --data-urlencode 'resource=${urls.oauth}' | ${pick("access_token")})
echo "$TOKEN"`;
}

function call(urls: Urls): string {
  return String.raw`mcp() {
  curl -s "$@" '${urls.oauth}' \
    -H "authorization: Bearer $TOKEN" \
    -H 'content-type: application/json' \
    -H 'accept: application/json, text/event-stream'
  echo
}
SESSION=$(mcp -o /dev/null -D - -d '{"jsonrpc":"2.0","id":1,
  "method":"initialize","params":{"protocolVersion":"2025-06-18",
  "capabilities":{},"clientInfo":{"name":"a shell","version":"1"}}}' |
  tr -d '\r' | awk -F': ' 'tolower($1)=="mcp-session-id"{print $2}')
mcp -H "mcp-session-id: $SESSION" \
  -d '{"jsonrpc":"2.0","method":"notifications/initialized"}'
mcp -H "mcp-session-id: $SESSION" \
  -d '{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
mcp -H "mcp-session-id: $SESSION" -d '{"jsonrpc":"2.0","id":3,
  "method":"tools/call","params":{"name":"userInfo","arguments":{}}}'`;
}
