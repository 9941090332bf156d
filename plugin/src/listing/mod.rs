//! What a server lists, and what of it an agent gets to see.
//!
//! A model that sees a tool calls it, is refused, and tries another way. So an entry to which no call could ever be let
//! through is taken out of the answer to `tools/list` and its like; everything else keeps its bytes. This spares the
//! agent and protects nothing: each call is judged when it comes. So where it depends (on parameters, on risk, on the
//! hour, on what the decision service says) the entry stays, and what `authorization_details` bound is left to the call.
//!
//! An answer that can't be read isn't shown: its client might read in it what isn't seen here.

mod events;
mod form;
mod message;

use std::sync::Arc;

use crate::action::Protocol;
use crate::action::mcp::{List, Offer, Rpc};
use crate::audit::ListRecord;
use crate::config::Config;
use crate::denial::{self, Facts};
use crate::head::Head;
use crate::json::{Tape, Value};
use crate::judge::{Circumstances, facts};
use crate::policy::Prospect;
use crate::reason::{Reason, Refusal};
use crate::risk::{Level, Risk};
use crate::time::Timestamp;
use crate::token::Agent;

pub(crate) use form::{Form, TOO_LONG};

/// The longest answer that is read: what Envoy buffers for a response unless told otherwise, and much more than a model
/// can make use of.
pub(crate) const MAX_LIST: usize = 1 << 20;

/// What an agent reads in the place of a JSON text; none where nothing changes.
///
/// # Errors
/// The error that it reads of one that isn't shown, behind which nothing more is.
type Shown = Result<Option<Vec<u8>>, Vec<u8>>;

/// An agent that asked what there is.
#[derive(Debug)]
pub(crate) struct Listing {
    /// The head of its request.
    pub(crate) head: Head,
    pub(crate) agent: Arc<Agent>,
    pub(crate) circumstances: Circumstances,
    /// When it asked.
    pub(crate) asked: Timestamp,
    /// What an error has to echo.
    pub(crate) rpc: Option<Rpc>,
    /// The decision that let it ask.
    pub(crate) decision_id: String,
    /// What it was shown so far.
    pub(crate) told: ListRecord,
}

impl Listing {
    /// What the agent reads in place of `text`, in this form; none where nothing changes.
    pub(crate) fn show(&mut self, config: &Config, tape: &mut Tape, form: Form, text: &[u8]) -> Option<Vec<u8>> {
        match form {
            Form::Json => self.show_json(config, tape, text).unwrap_or_else(Some),
            Form::Events => events::rewrite(text, &mut |data| self.show_json(config, tape, data)),
            Form::Unreadable(why) => Some(self.withhold(why)),
        }
    }

    fn show_json(&mut self, config: &Config, tape: &mut Tape, json: &[u8]) -> Shown {
        if json.trim_ascii().is_empty() {
            return Ok(None);
        }
        let mut told = self.told.clone();
        let shown = message::show(json, tape, &mut |list, entry| {
            let seen = self.sees(config, list, entry);
            let count = if seen { &mut told.shown } else { &mut told.hidden };
            *count = count.saturating_add(1);
            seen
        });
        match shown {
            Ok(shown) => {
                self.told = told;
                Ok(shown)
            }
            Err(why) => Err(self.withhold(&why)),
        }
    }

    /// The error that the agent reads instead, in the place of a JSON text.
    pub(crate) fn withhold(&mut self, why: &str) -> Vec<u8> {
        self.told.refused = Some(Reason::ListUnreadable);
        let refusal = Refusal::new(Reason::ListUnreadable, why);
        let facts = Facts { decision_id: &self.decision_id, ..Facts::default() };
        denial::render(&refusal, Protocol::Mcp, self.rpc.as_ref(), &facts).body
    }

    /// Whether some call that `entry` invites to might be let through.
    fn sees(&self, config: &Config, list: &'static List, entry: Value<'_>) -> bool {
        let Ok(route) = config.routes.find(self.head.target()) else { return false };
        let Some(Offer { mut action, kinds, names_resource }) = list.offer(route, &config.tools, entry) else {
            return false;
        };
        let Circumstances { policy, task } = &self.circumstances;
        let (policy, _) = config.policy_of(route, policy.as_deref());
        // It isn't known yet, and nobody looks at it.
        let risk = Risk { level: Level::Low, score: 0, findings: Vec::new() };
        kinds.into_iter().any(|kind| {
            action.kind = kind;
            let facts = facts(&self.head, &self.agent, &action, &risk, route.protocol.name(), self.asked);
            let prospect = Prospect { facts, names_resource };
            policy.leaves_open(&prospect) && config.tasks.leave_open(&prospect, task.as_deref())
        })
    }
}
