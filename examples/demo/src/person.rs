//! The person who approves: opens the link that the agent was shown, and sends the form on that page. Only people know
//! the code; what an agent gets to see, the link, is not enough.

use anyhow::{Context, ensure};
use reqwest::{Client, StatusCode};
use toolgate_decision_service::Approvers;

const NAME: &str = "finn@example.com";
const CODE: &str = "only finn knows this";

/// Who may approve in the demo.
pub(crate) fn approvers() -> anyhow::Result<Approvers> {
    Approvers::codes([(NAME.to_owned(), CODE.to_owned())])
}

/// Reads the page and approves.
pub(crate) async fn approve(link: &str) -> anyhow::Result<()> {
    let client = Client::new();
    let page = client.get(link).send().await?.error_for_status()?.text().await?;
    ensure!(page.contains("wants to move money") && page.contains("9000"), "the page doesn't say what is approved");
    let fields = [("verdict", "approve"), ("name", NAME), ("code", CODE), ("reason", "the licence is due")];
    let answer = client.post(link).form(&fields).send().await?;
    ensure!(answer.status() == StatusCode::OK, "the approval was answered with {}", answer.status());
    let answer = answer.text().await.context("the page after the approval")?;
    ensure!(answer.contains("Approved by"), "the page doesn't say that it was approved");
    Ok(())
}
