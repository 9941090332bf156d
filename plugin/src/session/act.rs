//! One call, as far as it is counted.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use super::Sessions;
use crate::action::{Action, ActionKind, Datum, Parameters};
use crate::risk::Amount;

/// One call, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    /// What kind of thing.
    pub kind: ActionKind,
    /// Tells tools apart.
    pub(super) tool: u64,
    /// Rows asked for.
    pub rows: u64,
    /// Money, in millionths.
    pub(super) amount: u64,
    /// Bytes that the tool is sent.
    pub bytes: u64,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The rules let it through.
    Passed,
    /// It was refused.
    Denied,
}

/// Millionths in a unit.
pub(super) const UNIT: u64 = 1_000_000;

impl Act {
    /// What is counted of `action`, whose body has so many bytes.
    #[must_use]
    pub fn of(settings: &Sessions, action: &Action<'_>, body: usize) -> Self {
        let reads = matches!(action.kind, ActionKind::List | ActionKind::Read | ActionKind::Export);
        let rows = sum(&action.parameters, &settings.rows).map(|amount| amount.div_ceil(UNIT));
        Self {
            kind: action.kind,
            // Collisions are nobody's gain: a tool that is taken for another is one different tool fewer.
            tool: BuildHasherDefault::<DefaultHasher>::default().hash_one(&*action.tool),
            rows: rows.unwrap_or(u64::from(reads)),
            amount: sum(&action.parameters, &settings.amount).unwrap_or_default(),
            bytes: u64::try_from(body).unwrap_or(u64::MAX),
        }
    }

    /// Money, in whole units, rounded up.
    #[must_use]
    pub const fn whole_amount(&self) -> u64 {
        self.amount.div_ceil(UNIT)
    }
}

/// The sum of what stands at these places, in millionths; none where nothing does. What is there and is no number has
/// no bound that could be counted, so it counts as more than any budget.
fn sum(parameters: &Parameters<'_>, places: &[String]) -> Option<u64> {
    let found = places.iter().filter_map(|place| parameters.at(place)).map(|datum| millionths(&datum));
    found.reduce(u64::saturating_add)
}

fn millionths(datum: &Datum<'_>) -> u64 {
    let amount = match datum {
        Datum::Json(value) if value.as_number().is_some() => {
            value.as_number().and_then(|number| Amount::of_number(number.as_str()))
        }
        other => other.text().and_then(|text| Amount::parse(text.trim())),
    };
    amount.map_or(u64::MAX, Amount::millionths)
}
