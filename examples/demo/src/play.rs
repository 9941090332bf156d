//! Plays the story once, as an MCP client or as a client of the REST API.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::check::{self, Deviations};
use crate::client::{Client, Seen};
use crate::latency::median_held_us;
use crate::mcp::{Era, McpClient};
use crate::model::{Call, plan};
use crate::person::Person;
use crate::playbill::Playbill;
use crate::rest::RestClient;
use crate::stage::Stage;
use crate::story::{Act, COLLEAGUE, SUPPORT, Work, acts};
use crate::witness::{Observed, Witness};

/// Which of the CRM's two faces the agent uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    Mcp,
    Rest,
}

impl fmt::Display for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mcp => write!(f, "MCP {}", Era::Modern.version()),
            Self::Rest => f.write_str("REST"),
        }
    }
}

/// An agent with a token at a listener.
pub(crate) async fn connect(face: Face, listener: SocketAddr, token: &str) -> anyhow::Result<Client> {
    Ok(match face {
        Face::Mcp => Client::Mcp(McpClient::connect(listener, token, Era::Modern).await?),
        Face::Rest => Client::Rest(RestClient::new(listener, token)),
    })
}

/// Sets the stage, plays all acts, clears the stage. What differed from the story is returned.
pub(crate) async fn play(
    face: Face,
    envoy: &Path,
    wasm: &Path,
    person: &Person,
    bill: &Playbill,
) -> anyhow::Result<Deviations> {
    let mut stage = Stage::set(envoy, wasm).await?;
    bill.opening(face, &stage)?;
    let (access_log, bare_log, envoy_log) = stage.logs();
    let token = stage.issuer.token(SUPPORT)?;
    let bare_us = median_held_us(face, stage.addresses.bare, &token, bare_log).await?;
    let gated_us = median_held_us(face, stage.addresses.gate, &token, access_log.clone()).await?;

    let client = connect(face, stage.addresses.gate, &token).await?;
    let mut witness = Witness::new(access_log, envoy_log, stage.crm.journal().clone())?;
    let mut deviations = Deviations::default();
    let mut last_act = vec![];
    let mut shown = String::new();
    for (number, act) in (1_usize..).zip(acts(face)) {
        bill.act(number, &act);
        let observed = perform(face, person, &act, &client, &mut witness, &mut stage).await?;
        if let (Work::Ticket(_), Some(ticket)) = (&act.work, observed.first()) {
            bill.quote(body(ticket)?);
        }
        bill.table(&observed, bare_us);
        if let Work::WithAndWithoutGate(call) = &act.work {
            // Plain HTTP, whichever face is played: who goes past the gate may choose.
            let seen = RestClient::new(stage.addresses.bare, &token).call(call).await?;
            bill.past_the_gate(&seen);
            deviations.extend(check::past_the_gate(&seen));
        }
        observed.iter().for_each(|observed| shown.push_str(&format!("{:?}", observed.seen)));
        deviations.extend(compare(&act, &observed));
        last_act = observed;
    }
    deviations.extend(check::records(&stage.crm));
    let mut written = stage.written()?;
    written.push(("what the agent saw".to_owned(), shown));
    let brokered = stage.issuer.brokered();
    deviations.extend(check::secrets(brokered.iter().map(String::as_str).chain([token.as_str()]), &written));
    bill.ending(&stage.crm, &last_act, bare_us, gated_us, brokered.len());
    stage.clear().await?;
    Ok(deviations)
}

async fn perform(
    face: Face,
    person: &Person,
    act: &Act,
    mut client: &Client,
    witness: &mut Witness,
    stage: &mut Stage,
) -> anyhow::Result<Vec<Observed>> {
    let mut observed = vec![];
    let older;
    let calls = match &act.work {
        Work::Ticket(id) => {
            let ticket = witness.watch(client, Call::read_ticket(id)).await?;
            let calls = plan(body(&ticket)?);
            observed.push(ticket);
            calls
        }
        Work::WithAndWithoutGate(call) => vec![call.clone()],
        Work::WithOlderClient(calls) => {
            let token = stage.issuer.token(SUPPORT)?;
            older = Client::Mcp(McpClient::connect(stage.addresses.gate, &token, Era::Legacy).await?);
            client = &older;
            calls.clone()
        }
        Work::HeldBack { call, changed } => {
            let held = witness.watch(client, call.clone()).await?;
            person.approve(check::link(&held).context("the agent was shown no link to a person")?).await?;
            observed.push(held);
            let colleague = connect(face, stage.addresses.gate, &stage.issuer.token(COLLEAGUE)?).await?;
            observed.push(witness.watch(&colleague, call.clone()).await?);
            vec![changed.clone(), call.clone(), call.clone()]
        }
        Work::WithoutDecisionService(calls) => {
            stage.stop_decision_service().await?;
            calls.clone()
        }
    };
    for call in calls {
        observed.push(witness.watch(client, call).await?);
    }
    Ok(observed)
}

/// The ticket's text, as the agent got it from the tool.
fn body(ticket: &Observed) -> anyhow::Result<&str> {
    match &ticket.seen {
        Seen::Done(ticket) => ticket.get("body").and_then(Value::as_str).context("a ticket without a body"),
        other => bail!("the agent could not read its ticket, so there is no story to tell: {other:?}"),
    }
}

fn compare(act: &Act, observed: &[Observed]) -> Deviations {
    let mut deviations = Deviations::default();
    deviations.count(act.title, act.expected.len(), observed.len());
    for (observed, expected) in observed.iter().zip(&act.expected) {
        deviations.extend(check::call(observed, expected));
    }
    deviations
}
