//! Another exchange, which asks the same.

use std::sync::Arc;

use toolgate::config;
use toolgate::exchange::{Exchange, Input};
use toolgate::gate::Gate;
use toolgate::head::Head;
use toolgate::token::TokenMemory;

use crate::inputs::Bodies;
use crate::symbol::Symbol::{self, *};
use crate::world::NOW;

/// An exchange that has asked what the walk's own would ask.
pub(crate) struct Other<'w> {
    exchange: Option<Exchange>,
    bodies: &'w Bodies,
}

impl<'w> Other<'w> {
    pub(crate) fn asking(config: &Arc<config::Config>, bodies: &'w Bodies, gate: &mut Gate) -> Self {
        let mut exchange = Exchange::new(Arc::clone(config));
        for symbol in [HeadWithToken, SignatureHolds, BodyRisky] {
            exchange.advance(gate, NOW, bodies.input(symbol));
        }
        // It has come to know the token, which the walk's own exchange is to find out about by itself.
        gate.tokens = TokenMemory::default();
        Self { exchange: Some(exchange), bodies }
    }

    pub(crate) fn becomes(&mut self, gate: &mut Gate, symbol: Symbol) {
        let permit = br#"{"decision":true}"#;
        let bodies = self.bodies;
        let answers: &[(&Head, &[u8])] = match symbol {
            OtherPermitted => &[(&bodies.response, permit)],
            OtherDenied => &[(&bodies.response, br#"{"decision":false}"#)],
            OtherUnanswered => &[(&bodies.nothing, b""), (&bodies.nothing, b"")],
            OtherPermittedForOnce => &[(&bodies.for_once, permit)],
            _ => {
                self.exchange = None;
                return;
            }
        };
        for (head, body) in answers {
            if let Some(exchange) = &mut self.exchange {
                exchange.advance(gate, NOW, Input::Answer { head, body });
            }
        }
    }
}
