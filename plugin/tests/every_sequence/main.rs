//! Every sequence of inputs up to a length, and what must hold after each.
//!
//! The machine is small enough that nothing need be left to chance: whatever a proxy reports, in whatever order,
//! nothing goes on without a valid token, a readable body within its limit, an allowing rule and, where the risk says
//! so, a permit that answers an ask; where calls are counted, nothing that isn't counted, or is in quarantine; and where a
//! token is bound, nothing of whoever doesn't hold what it is bound to; and where a run has a signed task document, nothing
//! without it, or beyond it; and where the proxy's route names the policy, nothing that isn't allowed by one that is there.
//! And however a list comes back, nobody sees an entry that they could never call.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod inputs;
mod law;
mod list;
mod other;
mod symbol;
mod world;

use std::sync::Arc;

use toolgate::config;
use toolgate::exchange::{Exchange, Step};
use toolgate::gate::Gate;

use self::inputs::Bodies;
use self::law::may_go_on;
use self::other::Other;
use self::symbol::Symbol::{self, *};
use self::symbol::{ALPHABET, OF_ANOTHER, OF_BINDING, OF_CHOICE, OF_DOCUMENT, OF_INTROSPECTION, OF_MEMORY};
use self::world::{NOW, Under, configuration};

/// Every sequence up to this length: the longest way, from head and signature over body and answer to the response.
const LENGTH: usize = 5;
/// And where another exchange asks the same: three to the question, the other's end, the look, and an own answer.
const LENGTH_WITH_ANOTHER: usize = 6;
/// And where calls are counted: reading and writing, and both once more after a conflict.
const LENGTH_WITH_MEMORY: usize = 7;
/// And where a token is bound: certificate, proof, and the mark that the proof leaves.
const LENGTH_WITH_BINDING: usize = 7;

struct Walk {
    bodies: Bodies,
    config: Arc<config::Config>,
    under: Under,
    alphabet: &'static [Symbol],
    length: usize,
    forwarded: usize,
    rejected: usize,
    steps: usize,
    /// How many heads went on before their bodies.
    heads: usize,
}

impl Walk {
    /// All of it.
    fn through(under: Under) -> Self {
        let mut walk = Self::new(under);
        walk.from(&mut Vec::new(), false);
        walk
    }

    fn new(under: Under) -> Self {
        let config = configuration(under);
        let (bodies, alphabet, length) = match under {
            Under::Shipped | Under::Unheld => (Bodies::new(), ALPHABET, LENGTH),
            Under::Introspection => (Bodies::new(), OF_INTROSPECTION, LENGTH),
            Under::Document => (Bodies::new(), OF_DOCUMENT, LENGTH),
            Under::Choice => (Bodies::new(), OF_CHOICE, LENGTH),
            Under::Memory => (Bodies::new().after_a_denial(&config), OF_MEMORY, LENGTH_WITH_MEMORY),
            Under::Another => (Bodies::new(), OF_ANOTHER, LENGTH_WITH_ANOTHER),
            Under::Binding => (Bodies::new().after_a_proof(&config), OF_BINDING, LENGTH_WITH_BINDING),
        };
        Self { bodies, config, under, alphabet, length, forwarded: 0, rejected: 0, steps: 0, heads: 0 }
    }

    /// The step that the last of these inputs leads to.
    fn replay(&self, seen: &[Symbol]) -> Step {
        let mut exchange = Exchange::new(Arc::clone(&self.config));
        // A gate without memory: what a known token or answer changes is the business of scenarios.
        let mut gate = Gate::new(Arc::clone(&self.config));
        let mut other = (self.under == Under::Another).then(|| Other::asking(&self.config, &self.bodies, &mut gate));
        let mut last = Step::Hold;
        for symbol in seen {
            last = match &mut other {
                Some(other) if symbol.is_of_the_other() => {
                    other.becomes(&mut gate, *symbol);
                    Step::Hold
                }
                _ => exchange.advance(&mut gate, NOW, self.bodies.input(*symbol)),
            };
        }
        last
    }

    /// Tries every input after those `seen`. Where a verdict has `ended` the exchange, one more is enough.
    fn from(&mut self, seen: &mut Vec<Symbol>, ended: bool) {
        if seen.len() == self.length {
            return;
        }
        for &symbol in self.alphabet {
            // The other exchange has one end.
            if symbol.is_of_the_other() && seen.iter().any(|seen| seen.is_of_the_other()) {
                continue;
            }
            seen.push(symbol);
            let step = self.replay(seen);
            self.steps += 1;
            let mut ends = false;
            match step {
                Step::Forward(..) => {
                    assert!(!ended, "a second verdict after {seen:?}");
                    assert!(may_go_on(seen, self.under), "forwarded after {seen:?}");
                    self.forwarded += 1;
                    ends = true;
                }
                Step::Reject(reply, record) => {
                    assert!(!ended, "a second verdict after {seen:?}");
                    assert!(!may_go_on(seen, self.under), "rejected after {seen:?}: {:?}", record.reason);
                    assert!(reply.status >= 400 && record.reason.is_some(), "no reason after {seen:?}");
                    self.rejected += 1;
                    ends = true;
                }
                Step::Answer(reply) => {
                    assert_eq!(
                        (seen.as_slice(), reply.status),
                        (&[HeadOfMetadata][..], 200),
                        "answered without a verdict"
                    );
                    ends = true;
                }
                Step::Pass => {
                    assert!(ended || symbol == Response, "let pass before a verdict: {seen:?}");
                    // Somebody else answered; that nothing turns this round is what the shorter sequences show.
                    ends = self.length > LENGTH;
                }
                Step::Respond(_, record) => {
                    assert_eq!(symbol, Response, "after {seen:?}");
                    assert!(ended || record.is_some_and(|record| record.reason.is_some()), "unrecorded: {seen:?}");
                    ends = true;
                }
                Step::Show(..) => panic!("a list that nobody asked for after {seen:?}"),
                Step::SendHead(edits) => {
                    assert_eq!((self.under, seen.as_slice()), (Under::Unheld, &[HeadWithToken, SignatureHolds][..]));
                    assert!(edits.remove.contains(&b"authorization".to_vec()) && edits.add.is_empty());
                    self.heads += 1;
                }
                Step::Hold
                | Step::Await
                | Step::Read
                | Step::Verify(_)
                | Step::Peer
                | Step::RoutePolicy
                | Step::Introspect(..)
                | Step::Ask(..)
                | Step::Recall(_)
                | Step::Remember { .. } => {
                    assert!(ended || !may_go_on(seen, self.under), "held what may go on: {seen:?}");
                }
            }
            // What comes after a verdict is followed for one more input: nothing may turn it round.
            if !ended {
                self.from(seen, ends);
            }
            seen.pop();
        }
    }
}

#[test]
fn nothing_goes_on_but_by_the_only_ways_through() {
    let walk = Walk::through(Under::Shipped);
    assert!(walk.forwarded > 2 && walk.rejected > 100, "{} forwarded, {} rejected", walk.forwarded, walk.rejected);
    assert!(walk.steps > 1000, "only {} steps", walk.steps);
}

#[test]
fn where_calls_are_counted_nothing_goes_on_uncounted() {
    let walk = Walk::through(Under::Memory);
    // Allowed at once, allowed after a conflict, and permitted.
    assert_eq!(walk.forwarded, 3);
    assert!(walk.rejected > 200, "{} rejected", walk.rejected);
}

#[test]
fn where_another_exchange_asks_the_same_nothing_goes_on_but_by_a_permit() {
    let walk = Walk::through(Under::Another);
    assert!(walk.forwarded > 10 && walk.rejected > 100, "{} forwarded, {} rejected", walk.forwarded, walk.rejected);
}

#[test]
fn a_bound_token_goes_on_only_with_all_that_it_is_bound_to() {
    let walk = Walk::through(Under::Binding);
    assert_eq!(walk.forwarded, 1);
    assert!(walk.rejected > 150, "{} rejected", walk.rejected);
}

#[test]
fn a_run_with_a_task_document_goes_on_only_with_it_and_within_it() {
    let walk = Walk::through(Under::Document);
    // With and without a callback in the middle of the body.
    assert_eq!(walk.forwarded, 2);
    assert!(walk.rejected > 80, "{} rejected", walk.rejected);
}

#[test]
fn where_the_proxys_route_names_the_policy_nothing_goes_on_without_one() {
    let walk = Walk::through(Under::Choice);
    // With and without a callback in the middle of the body.
    assert_eq!(walk.forwarded, 2);
    assert!(walk.rejected > 50, "{} rejected", walk.rejected);
}

#[test]
fn an_opaque_token_goes_on_only_by_the_word_of_its_issuer() {
    let walk = Walk::through(Under::Introspection);
    assert!(walk.forwarded > 3 && walk.rejected > 100, "{} forwarded, {} rejected", walk.forwarded, walk.rejected);
}

#[test]
fn where_heads_cannot_be_held_only_one_with_a_valid_token_goes_on_and_no_body_unjudged() {
    let walk = Walk::through(Under::Unheld);
    // Allowed at once and permitted, each with and without a callback in the middle of the body.
    assert!(walk.forwarded > 2 && walk.rejected > 100, "{} forwarded, {} rejected", walk.forwarded, walk.rejected);
    assert_eq!(walk.heads, 1);
}
