//! Streams that wait for what an issuer publishes, or for the answer to another stream's question, and that their worker's
//! root context wakes.
//!
//! A callback of one stream can't run another, and only the root context has a timer. So a stream that must wait lends
//! itself to the root context, and asks for a tick soon.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::host;
use super::stream::{Core, Hold};
use crate::exchange::Input;

/// A stream that waits.
pub(super) struct Waiter {
    /// Its context.
    pub(super) stream: u32,
    /// Gone when the stream is.
    pub(super) core: Weak<RefCell<Core>>,
}

/// The streams of one worker that wait. They are as many as Envoy lets in.
#[derive(Default)]
pub(super) struct Waiting {
    streams: RefCell<Vec<Waiter>>,
    period: Cell<Duration>,
}

/// Soon, for somebody who waits.
const AT_ONCE: Duration = Duration::from_millis(1);

impl Waiting {
    /// From now on this stream waits.
    pub(super) fn add(&self, waiter: Waiter) {
        self.streams.borrow_mut().push(waiter);
        self.tick_every(AT_ONCE);
    }

    /// Something may have come of what somebody waits for: has the root context look.
    pub(super) fn look_soon(&self) {
        if !self.streams.borrow().is_empty() {
            self.tick_every(AT_ONCE);
        }
    }

    /// Has the root context ticked so often; with zero, not at all.
    pub(super) fn tick_every(&self, period: Duration) {
        // Setting it starts the timer anew, so that a tick could be put off for ever.
        if self.period.replace(period) != period {
            host::tick_every(period);
        }
    }

    /// Tells every stream that something may have come of it. `root` is the context that speaks; to `asked` goes each
    /// call that a stream made meanwhile, with the stream: its answer will come to the root context.
    pub(super) fn wake(&self, root: u32, mut asked: impl FnMut(u32, Waiter)) {
        // Streams that go on waiting come back in; none is lost, since nobody else runs meanwhile.
        for waiter in self.streams.take() {
            let Some(core) = waiter.core.upgrade() else { continue };
            host::speak_for(waiter.stream);
            if waiter.tell(&core, Input::Published) {
                self.streams.borrow_mut().push(waiter);
            } else if let Some(call) = core.borrow_mut().call.take() {
                asked(call, waiter);
            }
        }
        host::speak_for(root);
    }
}

impl Waiter {
    /// Gives the stream an input; whether it goes on waiting for what is published.
    pub(super) fn tell(&self, core: &Rc<RefCell<Core>>, input: Input<'_>) -> bool {
        let held = core.borrow_mut().advance(input);
        match held {
            Hold::Await => return true,
            Hold::Release => host::resume_request(),
            Hold::Keep => {}
        }
        false
    }
}
