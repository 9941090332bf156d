//! One worker's copy of a document.

use super::{Lease, Source};
use crate::time::Timestamp;

/// Which version a worker has, and whether a request waits for a newer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copy {
    /// The version in use; zero if there is none.
    version: Timestamp,
    /// The last version that was looked at: one that can't be read isn't read twice.
    seen: Timestamp,
    wanted: bool,
}

/// What somebody must do for a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Nothing.
    Rest,
    /// Read the document from shared data: it has another version than this copy.
    Load,
    /// Write this lease in the place of the one that was read, and if nobody else has written there, fetch the document.
    Fetch(Lease),
}

impl Copy {
    /// A request needs a newer version.
    pub fn want(&mut self) {
        self.wanted = true;
    }

    /// Whether a request may still hope for one.
    #[must_use]
    pub const fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// What to do, now that `lease` was read.
    pub fn tick(&mut self, source: &Source, now: Timestamp, lease: Lease) -> Task {
        if lease.version != self.seen && lease.version != Timestamp::default() {
            return Task::Load;
        }
        if lease.in_flight(source, now) {
            return Task::Rest;
        }
        if lease.is_due(source, now) || (self.wanted && lease.may_be_hurried(source, now)) {
            return Task::Fetch(lease.taken(source, now));
        }
        // Nobody is fetching and nobody may: there is nothing left to wait for.
        self.wanted = false;
        Task::Rest
    }

    /// A version was read, and is in use if it could be.
    pub fn loaded(&mut self, version: Timestamp, usable: bool) {
        self.seen = version;
        self.wanted = false;
        if usable {
            self.version = version;
        }
    }

    /// Our own fetch came to nothing.
    pub fn failed(&mut self) {
        self.wanted = false;
    }

    /// Until when the version in use counts.
    #[must_use]
    pub fn good_until(&self, source: &Source) -> Timestamp {
        match self.version {
            version if version == Timestamp::default() => version,
            version => version.plus(source.refresh).plus(source.stale_for),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        Source::example("idp", "/jwks")
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(seconds.saturating_add(1_000_000))
    }

    #[test]
    fn of_two_workers_one_fetches_and_both_load() {
        let (source, mut one, mut two) = (source(), Copy::default(), Copy::default());
        let Task::Fetch(taken) = one.tick(&source, at(0), Lease::default()) else { panic!("a fetch is due") };
        assert_eq!(two.tick(&source, at(1), taken), Task::Rest);
        let fulfilled = taken.fulfilled(&source, at(1));
        one.loaded(at(1), true);
        assert_eq!(one.tick(&source, at(2), fulfilled), Task::Rest);
        assert_eq!(two.tick(&source, at(2), fulfilled), Task::Load);
        two.loaded(at(1), true);
        assert_eq!(two.tick(&source, at(300), fulfilled), Task::Rest);
        assert!(matches!(two.tick(&source, at(301), fulfilled), Task::Fetch(_)));
        assert_eq!(two.good_until(&source), at(3901));
    }

    #[test]
    fn a_fetch_that_nobody_ends_is_made_again() {
        let (source, mut copy) = (source(), Copy::default());
        let taken = Lease::default().taken(&source, at(0));
        assert_eq!(copy.tick(&source, at(2), taken), Task::Rest);
        assert_eq!(copy.tick(&source, at(29), taken), Task::Rest, "nor is it made at once");
        assert!(matches!(copy.tick(&source, at(30), taken), Task::Fetch(_)));
    }

    #[test]
    fn a_failed_fetch_is_made_again_and_the_old_version_goes_on() {
        let (source, mut copy) = (source(), Copy::default());
        copy.loaded(at(0), true);
        let lease = Lease::default().taken(&source, at(0)).fulfilled(&source, at(0));
        let failed = lease.taken(&source, at(300)).failed(&source, at(302));
        copy.failed();
        assert_eq!(copy.tick(&source, at(331), failed), Task::Rest);
        assert!(matches!(copy.tick(&source, at(332), failed), Task::Fetch(_)));
        assert_eq!(copy.good_until(&source), at(3900));
    }

    #[test]
    fn a_request_may_hurry_a_fetch_but_not_all_the_time() {
        let (source, mut copy) = (source(), Copy::default());
        copy.loaded(at(0), true);
        let lease = Lease::default().taken(&source, at(0)).fulfilled(&source, at(0));
        copy.want();
        assert_eq!(copy.tick(&source, at(9), lease), Task::Rest);
        assert!(!copy.is_wanted(), "so soon after the last one, nothing is to be hoped for");
        copy.want();
        let Task::Fetch(taken) = copy.tick(&source, at(10), lease) else { panic!("it may be hurried") };
        assert_eq!(copy.tick(&source, at(11), taken), Task::Rest);
        assert!(copy.is_wanted(), "as long as somebody is at it, a request waits");
        copy.loaded(at(11), true);
        assert!(!copy.is_wanted());
    }

    #[test]
    fn what_is_unreadable_is_not_read_twice_and_not_used() {
        let (source, mut copy) = (source(), Copy::default());
        copy.loaded(at(0), true);
        let lease = Lease { version: at(5), due: at(100), ..Lease::default() };
        assert_eq!(copy.tick(&source, at(6), lease), Task::Load);
        copy.loaded(at(5), false);
        assert_eq!(copy.tick(&source, at(7), lease), Task::Rest);
        assert_eq!(copy.good_until(&source), at(3900));
        assert_eq!(Copy::default().good_until(&source), Timestamp::default());
    }

    #[test]
    fn a_lease_comes_back_as_it_was_written_and_rubbish_is_none() {
        let lease = Lease { started: at(1), until: at(2), due: at(3), version: at(4) };
        assert_eq!(Lease::read(&lease.write()), lease);
        for rubbish in [&b""[..], b"rubbish", &[0xff; 31]] {
            assert_eq!(Lease::read(rubbish), Lease::default());
        }
        // A clock that was set back, or bytes that somebody else wrote, hold nothing up.
        let (source, mut copy) = (source(), Copy::default());
        copy.loaded(Lease::read(&[0xff; 32]).version, false);
        assert!(matches!(copy.tick(&source, at(0), Lease::read(&[0xff; 32])), Task::Fetch(_)));
    }
}
