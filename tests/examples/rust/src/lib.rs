//! A client of Rust's SDK that logs in, with no browser, and calls a tool.

use std::error::Error;

use reqwest::redirect::Policy;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{AuthClient, AuthorizationManager, AuthorizationRequest, OAuthState};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::json;

const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Opens an authorization URL as a person who agrees at once, and gives where the browser is sent.
async fn approve(url: &str) -> Fallible<String> {
    let browser = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let answer = browser.get(format!("{url}&auto_approve=true")).send().await?;
    Ok(answer.headers().get("location").ok_or("The browser is sent nowhere")?.to_str()?.to_owned())
}

async fn log_in(url: &str, challenge: &str) -> Fallible<AuthorizationManager> {
    let mut state = OAuthState::new(url, None).await?;
    let request = AuthorizationRequest::new(REDIRECT_URI)
        .with_client_name("my client")
        .with_application_type("native")
        .with_challenge(challenge);
    state.start_authorization(request).await?;
    let callback = approve(&state.get_authorization_url().await?).await?;
    state.handle_callback_url(&callback).await?;
    Ok(state.into_authorization_manager().ok_or("Not authorized after the login")?)
}

/// Connects, and logs in when the server asks for it.
pub async fn my_client(url: &str) -> Fallible<()> {
    // The test may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut manager = AuthorizationManager::new(url).await?;
    let client = loop {
        let http = AuthClient::new(reqwest::Client::new(), manager);
        let config = StreamableHttpClientTransportConfig::with_uri(url);
        let error = match ().serve(StreamableHttpClientTransport::with_client(http, config)).await {
            Ok(client) => break client,
            Err(error) => error,
        };
        manager = match error.auth_challenge() {
            Some(challenge) => log_in(url, challenge).await?,
            None => return Err(error.into()),
        };
    };
    client.list_all_tools().await?;
    let arguments = json!({ "message": "hi" }).as_object().cloned().unwrap_or_default();
    client.call_tool(CallToolRequestParams::new("mock_echo").with_arguments(arguments)).await?;
    client.cancel().await?;
    Ok(())
}
