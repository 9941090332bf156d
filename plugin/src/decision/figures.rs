//! The figures of a session, as a decision service gets them: under the names that rules have.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::action::ActionKind;
use crate::session::{Figure, Figures, Window};

/// What is counted whatever the kind of action.
const ALWAYS: [Figure; 6] =
    [Figure::Calls, Figure::Denials, Figure::Tools, Figure::Rows, Figure::Amount, Figure::BytesOut];

/// RFC 7493 section 2.2: up to here every reader of JSON has the same number. A figure that is larger is so for being
/// without a bound, and stays larger than any budget.
const LARGEST: u64 = (1 << 53) - 1;

/// `{"calls_1m": 3, …, "read_1d": 2, "recent_actions": ["read"]}`; kinds of actions that don't occur in a window are left
/// out.
pub(super) struct AsContext<'f>(pub(super) &'f Figures);

impl Serialize for AsContext<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, window) in Window::ALL {
            let kinds = ActionKind::ALL.iter().map(|(_, kind)| Figure::Kind(*kind));
            let kinds = kinds.filter(|kind| self.0.get(*kind, *window) > 0);
            for figure in ALWAYS.into_iter().chain(kinds) {
                let count = self.0.get(figure, *window).min(LARGEST);
                map.serialize_entry(&format!("{}_{name}", figure.name()), &count)?;
            }
        }
        let recent: Vec<_> = self.0.recent().iter().map(|kind| kind.name()).collect();
        map.serialize_entry("recent_actions", &recent)?;
        map.end()
    }
}
