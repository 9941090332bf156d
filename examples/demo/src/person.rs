//! The person who approves: opens the link that the agent was shown, and sends the form on that page. Only people know
//! the code; what an agent gets to see, the link, is not enough.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use reqwest::{Client, StatusCode};
use tokio::process::Command;
use toolgate_decision_service::Approvers;

const NAME: &str = "finn@example.com";
const CODE: &str = "only finn knows this";
const WHY: &str = "the licence is due";

/// Who may approve in the demo.
pub(crate) fn approvers() -> anyhow::Result<Approvers> {
    Approvers::codes([(NAME.to_owned(), CODE.to_owned())])
}

/// How the person gets to the page.
#[derive(Debug, Clone)]
pub(crate) enum Person {
    /// By HTTP alone: reads the page, and sends what a browser would send.
    Http,
    /// In a browser that this program drives. It is given the link, a name, the code and a reason.
    Browser(PathBuf),
}

impl Person {
    /// Reads the page and approves.
    pub(crate) async fn approve(&self, link: &str) -> anyhow::Result<()> {
        match self {
            Self::Http => approve_by_http(link).await,
            Self::Browser(program) => {
                let ended = Command::new(program).args([link, NAME, CODE, WHY]).status().await;
                let ended = ended.with_context(|| format!("can't run `{}`", program.display()))?;
                ensure!(ended.success(), "the person's browser ended with {ended}");
                Ok(())
            }
        }
    }
}

async fn approve_by_http(link: &str) -> anyhow::Result<()> {
    let client = Client::new();
    let page = client.get(link).send().await?.error_for_status()?.text().await?;
    ensure!(page.contains("wants to move money") && page.contains("9000"), "the page doesn't say what is approved");
    let fields = [("verdict", "approve"), ("name", NAME), ("code", CODE), ("reason", WHY)];
    let answer = client.post(link).form(&fields).send().await?;
    ensure!(answer.status() == StatusCode::OK, "the approval was answered with {}", answer.status());
    let answer = answer.text().await.context("the page after the approval")?;
    ensure!(answer.contains("Approved by"), "the page doesn't say that it was approved");
    Ok(())
}
