//! `session_memory`.

use crate::config::document::duration;
use crate::config::problem::Problems;
use crate::config::raw::{PartName, Quarantine as RawQuarantine, SessionMemory};
use crate::policy::Pointer;
use crate::session::{Part, Quarantine, Sessions, Window};

/// The settings, if anybody looks at what is counted.
pub(super) fn compile(raw: Option<&SessionMemory>, somebody_looks: bool, problems: &mut Problems) -> Option<Sessions> {
    let default = SessionMemory::default();
    let written = raw.unwrap_or(&default);
    if written.per.is_empty() {
        problems.add("/session_memory/per", "found nothing; name at least one of `agent`, `user` and `session`");
    }
    let quarantine = written.quarantine.as_ref().and_then(|written| quarantine(written, problems));
    let sessions = Sessions {
        per: written.per.iter().map(|part| part.compiled()).collect(),
        rows: places(&written.rows, "/session_memory/rows", problems),
        amount: places(&written.amount, "/session_memory/amount", problems),
        quarantine,
        export: written.export,
    };
    let is_used = somebody_looks || sessions.quarantine.is_some() || sessions.export;
    is_used.then_some(sessions)
}

impl PartName {
    fn compiled(self) -> Part {
        match self {
            Self::Agent => Part::Agent,
            Self::User => Part::User,
            Self::Session => Part::Session,
        }
    }
}

fn places(written: &[String], place: &str, problems: &mut Problems) -> Vec<String> {
    let mut places = Vec::with_capacity(written.len());
    for (index, name) in written.iter().enumerate() {
        match Pointer::read(name) {
            Ok(pointer) => places.push(pointer.as_str().to_owned()),
            Err(invalid) => problems.add(format!("{place}/{index}"), format!("found `{name}`; {invalid}")),
        }
    }
    places
}

fn quarantine(written: &RawQuarantine, problems: &mut Problems) -> Option<Quarantine> {
    let place = "/session_memory/quarantine";
    if written.denials == 0 {
        problems.add(format!("{place}/denials"), "found 0; from 1 on it can begin");
    }
    let within = Window::named(&written.within);
    if within.is_none() {
        let found = &written.within;
        problems.add(format!("{place}/within"), format!("found `{found}`; `1m`, `5m`, `1h` or `1d` would be right"));
    }
    let lasts = duration(&written.lasts, &format!("{place}/lasts"), problems);
    Some(Quarantine { denials: written.denials.into(), within: within?, lasts: lasts? })
}
