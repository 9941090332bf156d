//! The state in which a list is on its way to the client: what its agent could never call is taken out of it.

use super::edits::OF_THE_BODY;
use super::{Edits, Exchange, State, Step};
use crate::gate::Gate;
use crate::listing::{Form, Listing, MAX_LIST, TOO_LONG};

/// A list on its way.
#[derive(Debug)]
pub(super) struct Showing {
    listing: Box<Listing>,
    form: Form,
}

impl Exchange {
    /// The head of a list's answer, changed so: its body won't be what it says.
    pub(super) fn show(&mut self, listing: Box<Listing>, form: Form, mut edits: Edits) -> Step {
        edits.remove.extend(OF_THE_BODY.map(Into::into));
        if let Form::Unreadable(_) = form {
            edits.remove.extend(["content-encoding", "content-type"].map(Into::into));
            edits.add.push(("content-type".into(), "application/json".to_owned()));
        }
        self.state = State::Showing(Showing { listing, form });
        Step::Respond(edits, None)
    }

    /// A piece of it, with all that was held of it before.
    pub(super) fn shown(&mut self, gate: &mut Gate, mut showing: Showing, body: Option<&[u8]>, end: bool) -> Step {
        let Showing { listing, form } = &mut showing;
        let shown = match body {
            // Nothing more is shown of a list that can't be read.
            _ if listing.told.refused.is_some() => Some(Vec::new()),
            Some(body) if !form.is_complete(body, end) => {
                self.state = State::Showing(showing);
                return Step::Hold;
            }
            Some(body) if body.len() <= MAX_LIST => listing.show(&self.config, &mut gate.tape, *form, body),
            Some(_) => Some(form.written(listing.withhold(TOO_LONG))),
            None => Some(form.written(listing.withhold("the proxy did not hand it over"))),
        };
        let told = end.then(|| Box::new(listing.told.clone()));
        self.state = State::Showing(showing);
        Step::Show(shown, told)
    }
}
