//! How long a time is asked for.

use super::Code;
use super::finding::Findings;
use super::leaf::Leaf;
use super::names::Role;
use crate::action::ActionKind;

/// Names of parameters that say when a time begins, without `_`, in lower case.
pub(super) const BEGINNINGS: &[&str] = &[
    "start",
    "startdate",
    "starttime",
    "startdatetime",
    "since",
    "datefrom",
    "fromdate",
    "timemin",
    "after",
    "begin",
    "createdafter",
    "updatedafter",
    "oldest",
];

/// Names of parameters that say when a time ends.
pub(super) const ENDS: &[&str] = &[
    "end",
    "enddate",
    "endtime",
    "enddatetime",
    "until",
    "dateto",
    "todate",
    "timemax",
    "before",
    "createdbefore",
    "updatedbefore",
    "latest",
];

/// A year and a day: last year's figures are asked for as often as this year's.
const MAX_DAYS: i64 = 367;

/// A beginning before this year (the epoch, 1900) means everything there is.
const FIRST_YEAR: i64 = 1990;

/// The time between the parameters that say a beginning and an end.
#[derive(Debug, Default)]
pub(super) struct Span {
    begin: Option<i64>,
    end: Option<i64>,
    pointer: String,
}

impl Span {
    pub(super) fn look(&mut self, leaf: &Leaf<'_, '_>, kind: ActionKind) {
        let begins = leaf.is(Role::Begin);
        let returns_rows =
            matches!(kind, ActionKind::List | ActionKind::Read | ActionKind::Export | ActionKind::Delete);
        if !returns_rows || !(begins || leaf.is(Role::End)) {
            return;
        }
        let Some(day) = leaf.text().and_then(day) else { return };
        if begins {
            leaf.pointer.clone_into(&mut self.pointer);
            self.begin = Some(day);
        } else {
            self.end = Some(day);
        }
    }

    pub(super) fn judge(&self, findings: &mut Findings) {
        let Some(begin) = self.begin else { return };
        let is_everything = Some(begin) < day_of(FIRST_YEAR, 1, 1);
        let is_long = self.end.is_some_and(|end| end.saturating_sub(begin) > MAX_DAYS);
        if is_everything || is_long {
            findings.add(Code::RowsDates, &self.pointer, Code::RowsDates.explanation());
        }
    }
}

/// The day that an ISO 8601 date or time begins with, counted from an arbitrary one.
fn day(text: &str) -> Option<i64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let is_mark = |at: usize| text.get(at..at.checked_add(1)?).filter(|mark| matches!(*mark, "-" | "/"));
    is_mark(4).and(is_mark(7))?;
    day_of(part(0, 4)?, part(5, 7)?, part(8, 10)?)
}

/// Days as the proleptic Gregorian calendar counts them.
fn day_of(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // The year begins in March, so that the leap day is its last.
    let year = if month < 3 { year.checked_sub(1)? } else { year };
    let month = if month < 3 { month.checked_add(9)? } else { month.checked_sub(3)? };
    let leaps = year.div_euclid(4).checked_sub(year.div_euclid(100))?.checked_add(year.div_euclid(400))?;
    let months = month.checked_mul(153)?.checked_add(2)?.div_euclid(5);
    year.checked_mul(365)?.checked_add(leaps)?.checked_add(months)?.checked_add(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_months_and_leap_years() {
        for (from, to, days) in [
            ("2026-01-01", "2026-01-31", 30),
            ("2024-02-28T23:00:00Z", "2024-03-01", 2),
            ("2023/02/28", "2023-03-01", 1),
            ("2025-01-01", "2026-01-01", 365),
            ("1999-12-31", "2000-12-31", 366),
        ] {
            assert_eq!(day(to).unwrap() - day(from).unwrap(), days, "{from} {to}");
        }
        for text in ["", "yesterday", "2026-13-01", "20260101", "2026-1-1", "ä026-01-01"] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
