//! Tells somebody that a new request waits. Nobody waits for that, and nothing depends on it.

use std::time::Duration;

use serde_json::json;

use crate::authzen::Evaluation;

/// A chat service or a queue takes a message in less; nothing is tried again, the request itself is kept.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where new requests are told of.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    client: reqwest::Client,
    url: reqwest::Url,
    runtime: tokio::runtime::Handle,
}

impl Webhook {
    /// # Errors
    /// `url` is none, or there is no HTTP client to be had.
    pub(crate) fn new(url: &str) -> anyhow::Result<Self> {
        let redirect = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(redirect).build()?;
        Ok(Self { client, url: url.parse()?, runtime: tokio::runtime::Handle::current() })
    }

    /// `{"url", "expires_at", "agent", "user", "action", "tool", "risk"}`: who wants what kind of thing, and where to see it.
    /// Parameters stay here: a chat room is not the place for them.
    pub(crate) fn tell(&self, url: &str, asked: &Evaluation<'_>, expires_at: &str) {
        let message = json!({
            "url": url,
            "expires_at": expires_at,
            "agent": asked.subject.id,
            "user": asked.subject.properties.and_then(|properties| properties.get("user")),
            "action": asked.action,
            "tool": asked.action_properties.and_then(|properties| properties.get("tool")),
            "risk": asked.context.and_then(|context| context.get("risk")?.get("level")),
        });
        let request = self.client.post(self.url.clone()).json(&message);
        self.runtime.spawn(async move {
            match request.send().await.and_then(reqwest::Response::error_for_status) {
                Ok(_) => {}
                // The address may hold a secret of the receiver's.
                Err(error) => log::warn!("the webhook did not take a new request: {}", error.without_url()),
            }
        });
    }
}
