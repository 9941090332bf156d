//! Which rules can match at all.
//!
//! Nearly every rule says "this tool", "this action", "this agent": a condition that one attribute equals one of a few
//! texts. Each such rule stands in the buckets of those texts, and a request looks only at the buckets of its own
//! values, and at the rules that say no such thing. What is not looked at has a false condition, and would not have
//! matched.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher};

use super::fact::Fact;
use super::{Attribute, Condition, Constant, Expression, Facts, Rule};

/// The keys are the operator's and no request adds any, so nobody can make them collide: a hasher without a random
/// seed is as good, and needs nothing from the host.
type Buckets = HashMap<Box<str>, Vec<usize>, BuildHasherDefault<DefaultHasher>>;

/// Places of rules, by what must be so for them to match.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    by: Vec<(Attribute, Buckets)>,
    rest: Vec<usize>,
}

impl Index {
    pub(super) fn new(rules: &[Rule]) -> Self {
        let crowds = crowds(rules);
        let mut by: BTreeMap<&Attribute, Buckets> = BTreeMap::new();
        let mut rest = Vec::new();
        for (place, rule) in rules.iter().enumerate() {
            // Of the keys that a rule has, the one that the fewest other rules share keeps buckets small.
            let crowd = |(attribute, texts): &(&Attribute, Vec<&str>)| -> usize {
                texts.iter().filter_map(|text| crowds.get(&(*attribute, *text))).sum()
            };
            match keys(rule).min_by_key(crowd) {
                None => rest.push(place),
                Some((attribute, mut texts)) => {
                    texts.sort_unstable();
                    texts.dedup();
                    let buckets = by.entry(attribute).or_default();
                    for text in texts {
                        buckets.entry(text.into()).or_default().push(place);
                    }
                }
            }
        }
        Self { by: by.into_iter().map(|(attribute, buckets)| (attribute.clone(), buckets)).collect(), rest }
    }

    /// The places of the rules that may match, each once, in no particular order.
    pub(super) fn candidates(&self, facts: &Facts<'_>) -> impl Iterator<Item = usize> {
        let found = self.by.iter().flat_map(|(attribute, buckets)| bucket(buckets, facts, attribute));
        found.chain(&self.rest).copied()
    }

    /// The same, where the facts say nothing of attributes that aren't `known`.
    pub(super) fn among<'i>(
        &'i self,
        facts: &'i Facts<'_>,
        known: impl Fn(&Attribute) -> bool + 'i,
    ) -> impl Iterator<Item = usize> + 'i {
        let found = self.by.iter().flat_map(move |(attribute, buckets)| {
            let known = known(attribute);
            let one = if known { bucket(buckets, facts, attribute) } else { &[] };
            // A rule that names several texts stands in several buckets; looked at twice, it says the same.
            let all = (!known).then(|| buckets.values().flatten());
            one.iter().chain(all.into_iter().flatten())
        });
        found.chain(&self.rest).copied()
    }
}

fn bucket<'b>(buckets: &'b Buckets, facts: &Facts<'_>, attribute: &Attribute) -> &'b [usize] {
    match facts.of(attribute) {
        Fact::Text(text) => buckets.get(&*text).map(Vec::as_slice).unwrap_or_default(),
        _ => &[],
    }
}

/// The conditions of a rule that name texts of which an attribute must be one.
fn keys(rule: &Rule) -> impl Iterator<Item = (&Attribute, Vec<&str>)> {
    rule.conditions.iter().filter_map(|clause| match &clause.expression {
        Expression::Is(condition) => key(condition),
        Expression::All(_) | Expression::Any(_) => None,
    })
}

fn key(condition: &Condition) -> Option<(&Attribute, Vec<&str>)> {
    let attribute = condition.attribute();
    let constants = condition.constants().filter(|_| attribute.is_key())?;
    let texts = constants.iter().map(Constant::text).collect::<Option<_>>()?;
    Some((attribute, texts))
}

/// How many rules name each text of each attribute.
fn crowds(rules: &[Rule]) -> HashMap<(&Attribute, &str), usize, BuildHasherDefault<DefaultHasher>> {
    let mut crowds = HashMap::default();
    for (attribute, texts) in rules.iter().flat_map(keys) {
        for text in texts {
            let count: &mut usize = crowds.entry((attribute, text)).or_default();
            *count = count.saturating_add(1);
        }
    }
    crowds
}
