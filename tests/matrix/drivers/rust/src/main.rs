//! The client of the Rust SDK as a driver: jobs come in as lines of JSON, and what became of each step goes out. See
//! ../README.md for the contract. The SDK leaves it to its user to log in when a server asks for it, as here.

#![allow(deprecated)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::Url;
use rmcp::handler::client::ClientHandler;
use rmcp::model::*;
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, ClientServiceExt, NotificationContext, Peer, PeerRequestOptions,
    RequestContext, RoleClient, RunningService, ServiceError, SubscriptionEnd,
};
use rmcp::transport::auth::{
    AuthClient, AuthError, AuthorizationCallback, AuthorizationManager, AuthorizationRequest, ClientCredentialsConfig,
    JwtSigningAlgorithm, OAuthState, WWWAuthenticateParams,
};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::StreamableHttpClientTransport;
use serde_json::{json, Value};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";
/// How often in a row a person logs in, if that does not help.
const MAX_VAIN_LOGINS: u32 = 3;

type Fallible<T> = Result<T, Failure>;

/// What went wrong, by its kind and in words; `challenge` if the server asked for a login.
struct Failure {
    kind: String,
    message: String,
    challenge: Option<String>,
}

impl Failure {
    fn new(kind: &str, message: impl std::fmt::Display) -> Self {
        Failure { kind: kind.into(), message: message.to_string(), challenge: None }
    }
}

/// The name of an error's variant.
fn kind_of(error: &impl std::fmt::Debug) -> String {
    format!("{error:?}").chars().take_while(|letter| letter.is_alphanumeric()).collect()
}

/// An error with all that caused it.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}

impl From<ClientInitializeError> for Failure {
    fn from(error: ClientInitializeError) -> Self {
        Failure { kind: kind_of(&error), message: told(&error), challenge: error.auth_challenge().map(str::to_owned) }
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Failure { kind: kind_of(&error), message: told(&error), challenge: error.auth_challenge().map(str::to_owned) }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Failure::new(&kind_of(&error), told(&error))
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Failure::new("reqwest::Error", told(&error))
    }
}

/// Who answers what a server asks: agrees to everything, unless a step has said otherwise.
#[derive(Clone, Default)]
struct Person {
    answer: Arc<Mutex<(String, Option<Value>)>>,
    /// Whether it lists again what it is told has changed.
    listens: bool,
    /// Whether it begins with `initialize`, for which the SDK's newest revision would be wrong.
    handshake: bool,
}

/// Lists again what has changed; nobody waits for it, and the next step shows what came of it.
fn list_again(peer: &Peer<RoleClient>, what: &'static str) {
    let peer = peer.clone();
    tokio::spawn(async move {
        match what {
            "tools" => peer.list_all_tools().await.map(|_| ()),
            "prompts" => peer.list_all_prompts().await.map(|_| ()),
            _ => peer.list_all_resources().await.map(|_| ()),
        }
    });
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let capabilities = json!({ "elicitation": { "form": {}, "url": {} }, "sampling": {}, "roots": {} });
        let capabilities = serde_json::from_value(capabilities).unwrap_or_default();
        let config = ClientConfig::new(capabilities, Implementation::new("driver rmcp", "1"));
        if self.handshake { config.with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE) } else { config }
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let (action, content) = self.answer.lock().unwrap().clone();
        match action.as_str() {
            "decline" => return Ok(ElicitResult::new(ElicitationAction::Decline)),
            "cancel" => return Ok(ElicitResult::new(ElicitationAction::Cancel)),
            _ => {}
        }
        let result = ElicitResult::new(ElicitationAction::Accept);
        let asked = serde_json::to_value(&request).unwrap_or_default();
        let Some(properties) = asked["requestedSchema"]["properties"].as_object() else { return Ok(result) };
        let filled = properties.iter().map(|(name, schema)| (name.clone(), value_for(schema))).collect();
        Ok(result.with_content(content.unwrap_or(Value::Object(filled))))
    }

    async fn create_message(
        &self,
        _params: CreateMessageRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        Ok(CreateMessageResult::new(SamplingMessage::assistant_text("hi"), "none".into()))
    }

    async fn on_tool_list_changed(&self, context: NotificationContext<RoleClient>) {
        if self.listens {
            list_again(&context.peer, "tools");
        }
    }

    async fn on_prompt_list_changed(&self, context: NotificationContext<RoleClient>) {
        if self.listens {
            list_again(&context.peer, "prompts");
        }
    }

    async fn on_resource_list_changed(&self, context: NotificationContext<RoleClient>) {
        if self.listens {
            list_again(&context.peer, "resources");
        }
    }

    async fn list_roots(&self, _context: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        Ok(ListRootsResult::new(vec![Root::new("file:///home/person").with_name("home")]))
    }
}

fn value_for(schema: &Value) -> Value {
    let choices = [&schema["default"], &schema["enum"][0], &schema["oneOf"][0]["const"]];
    if let Some(choice) = choices.into_iter().find(|choice| !choice.is_null()) {
        return choice.clone();
    }
    match schema["format"].as_str() {
        Some("email") => return json!("ada@example.com"),
        Some("uri") => return json!("https://example.com/"),
        Some("date") => return json!("2026-01-01"),
        Some("date-time") => return json!("2026-01-01T00:00:00Z"),
        _ => {}
    }
    match schema["type"].as_str() {
        Some("number" | "integer") => json!(5),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("hi"),
    }
}

/// One job.
struct Run {
    job: Value,
    person: Person,
    logins: Arc<AtomicU32>,
    /// Logins since something succeeded that needs one.
    vain_logins: u32,
    http: Option<AuthClient<reqwest::Client>>,
    client: Option<RunningService<RoleClient, Person>>,
    /// The tools with their schemas; where the list could not be read, nobody knows what is not in it.
    tools: Option<HashMap<String, Value>>,
    /// What became of the last call of each tool.
    outcomes: HashMap<String, &'static str>,
    /// What listens.
    listening: Vec<tokio::task::AbortHandle>,
}

/// What became of a step that did not fail.
#[derive(PartialEq)]
enum Done {
    Yes,
    /// The tool was not listed.
    Skipped,
    /// The client has no way to do it.
    Lacks,
}

impl Run {
    fn url(&self) -> String {
        self.job["url"].as_str().unwrap_or_default().into()
    }

    async fn browse(&self, target: &str) -> Fallible<String> {
        self.logins.fetch_add(1, Ordering::Relaxed);
        let mut asked = Url::parse(target).map_err(|error| Failure::new("ParseError", error))?;
        asked.query_pairs_mut().append_pair("auto_approve", "true");
        let response = reqwest::Client::builder().redirect(Policy::none()).build()?.get(asked).send().await?;
        let Some(location) = response.headers().get("location").and_then(|value| value.to_str().ok()) else {
            return Err(Failure::new("Browser", format!("the browser shows {}", response.status().as_u16())));
        };
        if let Ok(back) = Url::parse(location) {
            if let Some((_, problem)) = back.query_pairs().find(|(name, _)| name == "error") {
                return Err(Failure::new("Browser", format!("the browser returns the error {problem}")));
            }
        }
        Ok(location.into())
    }

    /// Logs in as the challenge asks, with a client that registers itself or that the job describes.
    async fn log_in(&self, challenge: &str) -> Fallible<AuthorizationManager> {
        let mut state = OAuthState::new(self.url(), None).await?;
        let known = &self.job["client"];
        let text = |name: &str| known[name].as_str().map(str::to_owned);
        let is_machine = known["grant_types"].as_array().is_some_and(|all| all.contains(&json!("client_credentials")));
        if is_machine {
            let client_id = text("client_id").unwrap_or_default();
            let config = match text("private_key_pem") {
                Some(pem) => ClientCredentialsConfig::PrivateKeyJwt {
                    client_id,
                    signing_key: pem.into_bytes(),
                    signing_algorithm: JwtSigningAlgorithm::ES256,
                    token_endpoint_audience: None,
                    scopes: vec![],
                    resource: Some(self.url()),
                },
                None => ClientCredentialsConfig::ClientSecret {
                    client_id,
                    client_secret: text("client_secret").unwrap_or_default(),
                    scopes: vec![],
                    resource: Some(self.url()),
                },
            };
            state.authenticate_client_credentials(config).await?;
        } else {
            let mut request = AuthorizationRequest::new(REDIRECT_URI)
                .with_client_name("driver rmcp")
                .with_application_type("native")
                .with_challenge(challenge)
                .with_initial_scope_selection();
            if let (None, Some(document)) = (text("client_id"), self.job["client_metadata_url"].as_str()) {
                request = request.with_client_metadata_url(document);
            }
            if let Some(client_id) = text("client_id") {
                request = request.with_preregistered_client(client_id);
            }
            if let Some(secret) = text("client_secret") {
                request = request.with_client_secret(secret);
            }
            state.start_authorization(request).await?;
            let target = state.get_authorization_url().await?;
            let location = self.browse(&target).await?;
            state.handle_callback_url(&location).await?;
        }
        state.into_authorization_manager().ok_or_else(|| Failure::new("Driver", "not authorized after the login"))
    }

    async fn connect_once(&mut self) -> Fallible<()> {
        if self.http.is_none() {
            let manager = AuthorizationManager::new(self.url()).await?;
            self.http = Some(AuthClient::new(reqwest::Client::default(), manager));
        }
        let Some(http) = self.http.clone() else { return Ok(()) };
        let config = StreamableHttpClientTransportConfig::with_uri(self.url());
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let mode = match self.job["handshake"].as_bool() {
            Some(true) => ClientLifecycleMode::Initialize,
            _ => ClientLifecycleMode::Auto {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
                legacy_version: None,
            },
        };
        self.client = Some(self.person.clone().serve_with_lifecycle(transport, mode).await?);
        Ok(())
    }

    /// Connects, and logs in when that is asked for.
    async fn connect(&mut self) -> Fallible<()> {
        self.end().await?;
        loop {
            let failure = match self.connect_once().await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            self.answer_challenge(failure).await?;
        }
    }

    /// Logs in if that is what the server asked for; else the failure stands.
    async fn answer_challenge(&mut self, failure: Failure) -> Fallible<()> {
        let Some(challenge) = failure.challenge.clone() else { return Err(failure) };
        if self.vain_logins >= MAX_VAIN_LOGINS {
            return Err(failure);
        }
        self.vain_logins += 1;
        if self.has_more_scope(&challenge).await? {
            return Ok(());
        }
        let manager = self.log_in(&challenge).await?;
        self.http = Some(AuthClient::new(reqwest::Client::default(), manager));
        Ok(())
    }

    /// Asks for the scope that a token lacks, together with those that it has; gives whether that is what was asked for.
    async fn has_more_scope(&self, challenge: &str) -> Fallible<bool> {
        let Ok(url) = Url::parse(&self.url()) else { return Ok(false) };
        let asked = WWWAuthenticateParams::parse(challenge, &url);
        let (true, Some(scope), Some(http)) = (asked.is_insufficient_scope(), asked.scope, &self.http) else {
            return Ok(false);
        };
        let manager = http.auth_manager.lock().await;
        let target = manager.request_scope_upgrade(&scope).await?;
        let back = AuthorizationCallback::from_redirect_url(&self.browse(&target).await?)?;
        manager
            .exchange_code_for_token_with_issuer(&back.code, &back.csrf_token, back.issuer.as_deref())
            .await?;
        Ok(true)
    }

    async fn list(&mut self, what: &str) -> Fallible<HashMap<String, Value>> {
        self.reconnect().await?;
        loop {
            let Some(client) = &self.client else { return Err(Failure::new("Driver", "not connected")) };
            let declared = client.peer_info().map(|peer| peer.capabilities.clone()).unwrap_or_default();
            let listed = match what {
                "tools" if declared.tools.is_some() => {
                    client.list_all_tools().await.map(|all| {
                        all.iter().map(|tool| (tool.name.to_string(), json!(tool.input_schema))).collect()
                    })
                }
                "resources" if declared.resources.is_some() => client.list_all_resources().await.map(|_| HashMap::new()),
                "resource_templates" if declared.resources.is_some() => {
                    client.list_all_resource_templates().await.map(|_| HashMap::new())
                }
                "prompts" if declared.prompts.is_some() => client.list_all_prompts().await.map(|_| HashMap::new()),
                _ => Ok(HashMap::new()),
            };
            match listed {
                Ok(names) => return Ok(names),
                Err(error) => self.again(error.into()).await?,
            }
        }
    }

    async fn read(&mut self, uri: &str) -> Fallible<()> {
        self.reconnect().await?;
        loop {
            let Some(client) = &self.client else { return Err(Failure::new("Driver", "not connected")) };
            match client.read_resource(ReadResourceRequestParams::new(uri)).await {
                Ok(_) => return Ok(()),
                Err(error) => self.again(error.into()).await?,
            }
        }
    }

    async fn get_prompt(&mut self, step: &Value) -> Fallible<()> {
        self.reconnect().await?;
        let mut params = GetPromptRequestParams::new(step["prompt"].as_str().unwrap_or_default());
        if let Some(arguments) = step["arguments"].as_object() {
            params = params.with_arguments(arguments.clone());
        }
        loop {
            let Some(client) = &self.client else { return Err(Failure::new("Driver", "not connected")) };
            match client.get_prompt(params.clone()).await {
                Ok(_) => return Ok(()),
                Err(error) => self.again(error.into()).await?,
            }
        }
    }

    async fn again(&mut self, failure: Failure) -> Fallible<()> {
        self.answer_challenge(failure).await?;
        self.end().await?;
        self.connect().await
    }

    /// Connects where there is no connection; one that a step failed on is not used again.
    async fn reconnect(&mut self) -> Fallible<()> {
        if self.client.is_some() { Ok(()) } else { self.connect().await }
    }

    /// Whether the client has the tool, as far as it knows.
    fn has(&self, call: &Value) -> bool {
        let name = call["tool"].as_str().unwrap_or_default();
        self.tools.as_ref().is_none_or(|tools| tools.contains_key(name))
    }

    async fn call(&mut self, call: &Value) -> Fallible<Done> {
        self.reconnect().await?;
        if !self.has(call) {
            return Ok(Done::Skipped);
        }
        let name = call["tool"].as_str().unwrap_or_default().to_owned();
        self.outcomes.insert(name.clone(), "error");
        loop {
            let Some(client) = &self.client else { return Err(Failure::new("Driver", "not connected")) };
            match client.call_tool(params_of(call)).await {
                Ok(result) => {
                    if result.is_error != Some(true) {
                        self.outcomes.insert(name, "result");
                    }
                    return Ok(Done::Yes);
                }
                Err(error) => self.again(error.into()).await?,
            }
        }
    }

    /// Listens to what the server says unasked, and again where that breaks off: the SDK leaves it to its user.
    async fn listen(&mut self, step: &Value) -> Fallible<()> {
        self.reconnect().await?;
        let Some(client) = &self.client else { return Err(Failure::new("Driver", "not connected")) };
        let wanted = step.get("notifications");
        let wants = |name: &str| wanted.is_none_or(|all| all[name] == true);
        let uris: Vec<String> = wanted
            .and_then(|all| all["resourceSubscriptions"].as_array())
            .map(|all| all.iter().filter_map(|uri| uri.as_str().map(str::to_owned)).collect())
            .unwrap_or_default();
        let is_modern = client.peer_info().is_some_and(|peer| peer.protocol_version == ProtocolVersion::V_2026_07_28);
        if !is_modern {
            for uri in uris {
                client.subscribe(SubscribeRequestParams::new(uri)).await?;
            }
            return Ok(());
        }
        let mut filter = SubscriptionFilter::builder();
        if wants("toolsListChanged") {
            filter = filter.tools_list_changed();
        }
        if wants("promptsListChanged") {
            filter = filter.prompts_list_changed();
        }
        if wants("resourcesListChanged") {
            filter = filter.resources_list_changed();
        }
        let filter = uris.into_iter().fold(filter, |filter, uri| filter.resource_subscription(uri)).build();
        let peer = client.peer().clone();
        let mut subscription = peer.listen(filter.clone()).await?;
        let task = tokio::spawn(async move {
            let mut pause = Duration::from_secs(1);
            loop {
                while let Ok(Some(notification)) = subscription.next().await {
                    match notification {
                        ServerNotification::ToolListChangedNotification(_) => list_again(&peer, "tools"),
                        ServerNotification::PromptListChangedNotification(_) => list_again(&peer, "prompts"),
                        ServerNotification::ResourceListChangedNotification(_) => list_again(&peer, "resources"),
                        _ => {}
                    }
                }
                if !matches!(subscription.end(), Some(SubscriptionEnd::Abrupt)) {
                    return;
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
                match peer.listen(filter.clone()).await {
                    Ok(again) => subscription = again,
                    Err(_) => return,
                }
            }
        });
        self.listening.push(task.abort_handle());
        Ok(())
    }

    async fn list_skills(&mut self) -> Fallible<()> {
        self.reconnect().await?;
        let Some(client) = &self.client else { return Err(Failure::new("Driver", "not connected")) };
        client.list_all_skills().await?;
        Ok(())
    }

    async fn call_at_once(&mut self, step: &Value) -> Fallible<()> {
        self.reconnect().await?;
        let Some(client) = &self.client else { return Err(Failure::new("Driver", "not connected")) };
        let mut calls = tokio::task::JoinSet::new();
        for call in step["calls"].as_array().into_iter().flatten().filter(|call| self.has(call)) {
            let (peer, params) = (client.peer().clone(), params_of(call));
            calls.spawn(async move { peer.call_tool(params).await });
        }
        while let Some(done) = calls.join_next().await {
            if let Ok(Err(error)) = done {
                return Err(error.into());
            }
        }
        Ok(())
    }

    async fn cancel(&mut self, step: &Value) -> Fallible<Done> {
        self.reconnect().await?;
        if !self.has(step) {
            return Ok(Done::Skipped);
        }
        let Some(client) = &self.client else { return Err(Failure::new("Driver", "not connected")) };
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params_of(step)));
        let handle = client.send_cancellable_request(request, PeerRequestOptions::no_options()).await?;
        tokio::time::sleep(Duration::from_millis(step["after_ms"].as_u64().unwrap_or_default())).await;
        handle.cancel(None).await?;
        Ok(Done::Yes)
    }

    async fn wait(&self, step: &Value) -> Fallible<()> {
        if let Some(ms) = step["clock_ms"].as_f64() {
            let clock = format!("{}/clock", self.job["control"].as_str().unwrap_or_default());
            reqwest::Client::new().post(clock).json(&json!({ "advance_seconds": ms / 1000.0 })).send().await?;
        }
        tokio::time::sleep(Duration::from_millis(step["ms"].as_u64().unwrap_or_default())).await;
        Ok(())
    }

    async fn end(&mut self) -> Fallible<()> {
        for listening in self.listening.drain(..) {
            listening.abort();
        }
        if let Some(client) = self.client.take() {
            client.cancel().await.map_err(|error| Failure::new("JoinError", error))?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &Value) -> Fallible<Done> {
        let done = self.do_step(step).await?;
        let needs_no_login = ["connect", "switch_user", "wait", "answer", "end"];
        if done == Done::Yes && !needs_no_login.contains(&step["do"].as_str().unwrap_or_default()) {
            self.vain_logins = 0;
        }
        Ok(done)
    }

    async fn do_step(&mut self, step: &Value) -> Fallible<Done> {
        let tool = step["tool"].as_str().unwrap_or_default();
        match step["do"].as_str().unwrap_or_default() {
            "connect" => self.reconnect().await?,
            "list_tools" => {
                self.tools = None;
                self.tools = Some(self.list("tools").await?);
            }
            "list_resources" | "list_resource_templates" | "list_prompts" => {
                self.list(step["do"].as_str().unwrap_or_default().trim_start_matches("list_")).await?;
            }
            "call" => return self.call(step).await,
            "report" => {
                let outcome = self.outcomes.get(tool).copied();
                let told = json!({ "tool": "report_outcome", "arguments": { "tool": tool, "outcome": outcome } });
                return self.call(&told).await;
            }
            "hand_back_schema" => {
                let schema = self.tools.as_ref().and_then(|tools| tools.get(tool));
                let back = json!({ "tool": "json_schema_echo", "arguments": { "tool": tool, "schema": schema } });
                return self.call(&back).await;
            }
            "listen" => self.listen(step).await?,
            "list_skills" => self.list_skills().await?,
            "switch_user" => {
                self.end().await?;
                self.http = None;
                self.connect().await?;
            }
            "call_at_once" => self.call_at_once(step).await?,
            "cancel" => return self.cancel(step).await,
            "read" => self.read(step["uri"].as_str().unwrap_or_default()).await?,
            "get_prompt" => self.get_prompt(step).await?,
            "wait" => self.wait(step).await?,
            "answer" => {
                let action = step["action"].as_str().unwrap_or("accept").to_owned();
                *self.person.answer.lock().unwrap() = (action, step.get("content").cloned());
            }
            "end" => self.end().await?,
            _ => return Ok(Done::Lacks),
        }
        Ok(Done::Yes)
    }
}

fn params_of(call: &Value) -> CallToolRequestParams {
    CallToolRequestParams::new(call["tool"].as_str().unwrap_or_default().to_owned())
        .with_arguments(call["arguments"].as_object().cloned().unwrap_or_default())
}

fn tell(line: Value) {
    println!("{line}");
}

async fn drive(job: Value) {
    let id = job["id"].clone();
    let steps = job["steps"].as_array().cloned().unwrap_or_default();
    let limit = Duration::from_millis(job["limit_ms"].as_u64().unwrap_or(10_000));
    let logins = Arc::new(AtomicU32::new(0));
    let person = Person {
        listens: steps.iter().any(|step| step["do"] == "listen"),
        handshake: job["handshake"] == true,
        ..Person::default()
    };
    let mut run = Run {
        job,
        person,
        logins: logins.clone(),
        vain_logins: 0,
        http: None,
        client: None,
        tools: None,
        outcomes: HashMap::new(),
        listening: vec![],
    };
    let mut has_given_up = false;
    for (index, step) in steps.iter().enumerate() {
        has_given_up = has_given_up && step["do"] != "connect";
        if has_given_up {
            continue;
        }
        let pause = step["ms"].as_u64().unwrap_or_default();
        let mut line = json!({ "id": id, "step": index, "do": step["do"], "ok": true });
        let mut stops = false;
        match timeout(limit + Duration::from_millis(pause), run.step(step)).await {
            Err(_) => {
                line["ok"] = json!(false);
                line["hangs"] = json!(true);
                stops = true;
            }
            Ok(Err(failure)) => {
                line["ok"] = json!(false);
                line["error"] = json!(failure.kind);
                line["message"] = json!(failure.message.chars().take(300).collect::<String>());
                has_given_up = step["do"] == "connect";
                let _ = timeout(Duration::from_secs(5), run.end()).await;
            }
            Ok(Ok(Done::Skipped)) => line["skipped"] = json!(true),
            Ok(Ok(Done::Lacks)) => line["lacks"] = json!(true),
            Ok(Ok(Done::Yes)) => {}
        }
        line["logins"] = json!(logins.load(Ordering::Relaxed));
        tell(line);
        if stops {
            break;
        }
    }
    let _ = timeout(Duration::from_secs(2), run.end()).await;
    tell(json!({ "id": id, "done": true }));
}

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().expect("a provider that is there already");
    // What logs a machine in with a key is no future that can go from thread to thread.
    tokio::task::LocalSet::new()
        .run_until(async {
            let mut lines = BufReader::new(tokio::io::stdin()).lines();
            let mut jobs = tokio::task::JoinSet::new();
            while let Ok(Some(line)) = lines.next_line().await {
                jobs.spawn_local(drive(serde_json::from_str(&line).expect("a line that is no job")));
            }
            while jobs.join_next().await.is_some() {}
        })
        .await;
}
