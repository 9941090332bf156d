//! The service as a caller sees it: started on a free port, asked over real HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "all of this is a test, its helpers as well, and a panic is how a test fails"
)]

mod approvals;
mod authzen;
mod broker;
mod demo;
mod hostile;
mod reload;
mod rules;
mod start;

use std::{path::Path, time::Duration};

use reqwest::{Client, Response, StatusCode, header::CONTENT_TYPE};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};
use toolgate_decision_service::{Options, serve};

/// The policies that this crate ships.
pub(crate) fn shipped() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/policies"))
}

/// A running service, which ends with the test.
pub(crate) struct Service {
    pub(crate) url: String,
    client: Client,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Service {
    pub(crate) async fn start(policies: &Path) -> Self {
        Self::with(Options { reload_every: Duration::from_millis(20), ..Options::new(policies) }).await
    }

    /// Started so.
    pub(crate) async fn with(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(serve(listener, options, std::future::pending()));
        let service = Self { url, client: Client::new(), task };
        // The listener is bound already; an answer means that the policies are loaded as well.
        service.health().await;
        service
    }

    /// Over a folder with one file of policies.
    pub(crate) async fn of(cedar: &str) -> (Self, tempfile::TempDir) {
        let folder = folder(&[("policies.cedar", cedar)]);
        (Self::start(folder.path()).await, folder)
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.client.post(format!("{}{path}", self.url)).header(CONTENT_TYPE, "application/json");
        request.body(body).send().await.unwrap()
    }

    /// The answer to a question that must have one.
    pub(crate) async fn ask(&self, path: &str, question: &Value) -> Value {
        let response = self.post(path, question.to_string()).await;
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, StatusCode::OK, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn evaluate(&self, question: &Value) -> Value {
        self.ask("/access/v1/evaluation", question).await
    }

    pub(crate) async fn health(&self) -> Value {
        let text = self.client.get(format!("{}/healthz", self.url)).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}
