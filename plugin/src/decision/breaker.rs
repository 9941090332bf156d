//! A decision service that fails again and again is left alone for a while.
//!
//! Without this, every risky request would wait for the timeout and then be refused all the same, holding its body and a
//! connection meanwhile; and a service that comes back under load would be met by all that piled up. Each worker's
//! breaker is its own: what they know differs by a few failures at most, and nothing has to be shared.

use std::time::Duration;

use crate::time::Timestamp;

/// When a service is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// After so many failures in a row.
    pub failures: u32,
    /// For so long, and so long after each trial that fails.
    pub pause: Duration,
}

/// What is known of the service's health.
#[derive(Clone, Debug)]
pub struct Breaker {
    settings: Option<BreakerSettings>,
    state: State,
    opened: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is asked; so many questions in a row have failed.
    Closed(u32),
    /// It isn't asked until then; the first question after that is a trial. While one is under way the next is due a pause
    /// later, so that a trial whose client leaves before the answer doesn't keep the service away for ever.
    Open(Timestamp),
}

impl Breaker {
    /// A breaker of a service that nothing is known of yet; none ever opens where there is no service.
    #[must_use]
    pub const fn new(settings: Option<BreakerSettings>) -> Self {
        Self { settings, state: State::Closed(0), opened: 0 }
    }

    /// Whether the service may be asked now.
    #[must_use]
    pub fn admits(&mut self, now: Timestamp) -> bool {
        match (self.state, self.settings) {
            (State::Open(until), _) if now < until => false,
            (State::Open(_), Some(settings)) => {
                self.state = State::Open(now.plus(settings.pause));
                true
            }
            _ => true,
        }
    }

    /// It answered, whatever it said.
    pub const fn answered(&mut self) {
        self.state = State::Closed(0);
    }

    /// It could not be reached, was too slow, or reported an error of its own.
    pub fn failed(&mut self, now: Timestamp) {
        let Some(settings) = self.settings else { return };
        let open = State::Open(now.plus(settings.pause));
        self.state = match self.state {
            State::Closed(failures) if failures.saturating_add(1) < settings.failures => {
                State::Closed(failures.saturating_add(1))
            }
            State::Closed(_) => {
                self.opened = self.opened.wrapping_add(1);
                open
            }
            // A question from before, or a trial.
            State::Open(_) => open,
        };
    }

    /// How often it opened: a trial that fails doesn't count.
    #[must_use]
    pub const fn opened(&self) -> u32 {
        self.opened
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(2);
    const START: Timestamp = Timestamp::from_secs(1_000);

    fn after(millis: u64) -> Timestamp {
        START.plus(Duration::from_millis(millis))
    }

    fn open() -> Breaker {
        let mut breaker = Breaker::new(Some(BreakerSettings { failures: 3, pause: PAUSE }));
        for _ in 0..3 {
            assert!(breaker.admits(START));
            breaker.failed(START);
        }
        breaker
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let mut breaker = Breaker::new(Some(BreakerSettings { failures: 3, pause: PAUSE }));
        for _ in 0..10 {
            breaker.failed(START);
            breaker.failed(START);
            breaker.answered();
        }
        assert!(breaker.admits(START) && breaker.opened() == 0);
        assert_eq!(open().opened(), 1);
    }

    #[test]
    fn after_the_pause_one_question_tries() {
        let mut breaker = open();
        assert!(!breaker.admits(after(1_999)));
        assert!(breaker.admits(after(2_000)), "the trial");
        assert!(!breaker.admits(after(2_001)), "one is enough");
        breaker.answered();
        assert!(breaker.admits(after(2_002)) && breaker.admits(after(2_002)));
    }

    #[test]
    fn a_trial_that_fails_begins_another_pause() {
        let mut breaker = open();
        assert!(breaker.admits(after(2_000)));
        breaker.failed(after(2_100));
        assert!(!breaker.admits(after(4_099)));
        assert!(breaker.admits(after(4_100)));
        assert_eq!(breaker.opened(), 1);
    }

    #[test]
    fn a_trial_that_nobody_hears_of_keeps_nothing_away_for_ever() {
        let mut breaker = open();
        assert!(breaker.admits(after(2_000)));
        assert!(!breaker.admits(after(3_999)));
        assert!(breaker.admits(after(4_000)));
    }
}
