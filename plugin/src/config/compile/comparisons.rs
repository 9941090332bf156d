//! `comparisons`: two attributes under a name.

use std::collections::BTreeMap;

use crate::config::problem::Problems;
use crate::config::raw::Comparison as Raw;
use crate::policy::{Attribute, Comparison, Comparisons, Relation};

/// Every comparison that could be made sense of.
pub(super) fn compile(raw: &BTreeMap<String, Raw>, problems: &mut Problems) -> Comparisons {
    let mut comparisons = Comparisons::default();
    for (name, written) in raw {
        let place = format!("/comparisons/{}", super::token(name));
        if Attribute::named(name).is_ok() {
            problems.add(&*place, format!("found `{name}`, which is an attribute already; choose another name"));
            continue;
        }
        if let Some(comparison) = comparison(written, &place, problems) {
            comparisons.add(name, comparison);
        }
    }
    comparisons
}

fn comparison(written: &Raw, place: &str, problems: &mut Problems) -> Option<Comparison> {
    let given = [
        ("equals", Relation::Equals, &written.equals),
        ("in", Relation::In, &written.among),
        ("at_most", Relation::AtMost, &written.at_most),
    ];
    let given: Vec<_> =
        given.into_iter().filter_map(|(key, relation, name)| Some((key, relation, name.as_ref()?))).collect();
    let left = attribute(&written.left, &format!("{place}/left"), problems);
    let [(key, relation, right)] = given.as_slice() else {
        problems
            .add(place, format!("found {} of `equals`, `in` and `at_most`; exactly one would be right", given.len()));
        return None;
    };
    let right = attribute(right, &format!("{place}/{key}"), problems);
    match Comparison::new(left?, *relation, right?) {
        Ok(comparison) => Some(comparison),
        Err(message) => {
            problems.add(format!("{place}/{key}"), message);
            None
        }
    }
}

fn attribute(name: &str, place: &str, problems: &mut Problems) -> Option<Attribute> {
    match Attribute::named(name) {
        Ok(attribute) => Some(attribute),
        Err(invalid) => {
            problems.add(place, format!("found `{name}`; {invalid}"));
            None
        }
    }
}
