//! `risk`.

use std::collections::BTreeMap;

use crate::action::ActionKind;
use crate::config::problem::Problems;
use crate::config::raw;
use crate::risk::{Amount, AmountBound, Code, Host, Level, RiskTable, TrustedDomains};

/// The table of bounds and lists, as far as it makes sense; complaints go to `problems`.
pub fn risk(written: &raw::RiskSettings, problems: &mut Problems) -> RiskTable {
    crate::risk::prepare();
    let default = RiskTable::default();
    let ask_at = match written.ask_at.as_deref() {
        None => default.ask_at,
        Some(name) => Level::named(name).unwrap_or_else(|| {
            problems.add("/risk/ask_at", format!("`{name}` is not a level; use one of low, medium, high, critical"));
            default.ask_at
        }),
    };
    for (index, domain) in written.trusted_domains.iter().enumerate() {
        check_domain(domain, &format!("/risk/trusted_domains/{index}"), problems);
    }
    let mut known_payees = std::collections::BTreeSet::new();
    for (index, payee) in written.known_payees.iter().enumerate() {
        let payee = RiskTable::payee(payee);
        if payee.is_empty() {
            problems.add(format!("/risk/known_payees/{index}"), "names no account; give its number or IBAN");
        }
        known_payees.insert(payee);
    }
    let limits = &written.limits;
    RiskTable {
        ask_at,
        trusted_domains: TrustedDomains::new(written.trusted_domains.iter().cloned()),
        known_payees,
        rows: limits.rows.unwrap_or(default.rows),
        recipients: limits.recipients.map_or(default.recipients, |it| usize::try_from(it).unwrap_or(usize::MAX)),
        amount: limits.amount.as_ref().and_then(|amount| bound(amount, problems)),
        weights: weights(&written.findings, problems),
        bases: bases(&written.actions, problems),
    }
}

/// The most that a finding can add, and an action can score.
const MAX_SCORE: u8 = 100;

fn weights(written: &BTreeMap<String, raw::Weight>, problems: &mut Problems) -> BTreeMap<Code, Option<u8>> {
    let mut weights = BTreeMap::new();
    for (name, weight) in written {
        let place = format!("/risk/findings/{name}");
        let Some(code) = Code::named(name) else {
            let near = Code::ALL
                .iter()
                .map(|code| code.name())
                .max_by(|one, other| strsim::jaro_winkler(name, one).total_cmp(&strsim::jaro_winkler(name, other)));
            problems
                .add(place, format!("`{name}` is no code of a finding; did you mean `{}`?", near.unwrap_or_default()));
            continue;
        };
        let weight = match weight {
            raw::Weight::Word(word) if word == "off" => Some(None),
            raw::Weight::Word(_) => None,
            raw::Weight::Points(points) => u8::try_from(*points).ok().filter(|points| *points <= MAX_SCORE).map(Some),
        };
        match weight {
            Some(weight) => drop(weights.insert(code, weight)),
            None => problems.add(place, "a finding adds 0 to 100 points, or is `off`"),
        }
    }
    weights
}

fn bases(written: &BTreeMap<String, u64>, problems: &mut Problems) -> BTreeMap<ActionKind, u8> {
    let mut bases = BTreeMap::new();
    for (name, points) in written {
        let place = format!("/risk/actions/{name}");
        let points = u8::try_from(*points).ok().filter(|points| *points <= MAX_SCORE);
        match (ActionKind::named(name), points) {
            (Some(kind), Some(points)) => drop(bases.insert(kind, points)),
            (Some(_), None) => problems.add(place, "an action scores 0 to 100 points"),
            (None, _) => {
                let known: Vec<&str> = ActionKind::ALL.iter().map(|(name, _)| *name).collect();
                problems.add(place, format!("`{name}` is not an action; use one of {}", known.join(", ")));
            }
        }
    }
    bases
}

/// Suffixes below which strangers have names. The Public Suffix List has ten thousand and would be larger than the
/// filter; since what is trusted is compared label by label, it would only be needed here, to catch a slip, and these
/// are the slips that are made.
const SHARED: &[&str] = &[
    "ac.uk",
    "amazonaws.com",
    "appspot.com",
    "azurewebsites.net",
    "blogspot.com",
    "cloudfront.net",
    "co.in",
    "co.jp",
    "co.nz",
    "co.uk",
    "co.za",
    "com.au",
    "com.br",
    "com.cn",
    "com.mx",
    "com.tr",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "gov.uk",
    "herokuapp.com",
    "netlify.app",
    "ngrok.io",
    "onrender.com",
    "org.uk",
    "pages.dev",
    "s3.amazonaws.com",
    "vercel.app",
    "web.app",
    "workers.dev",
];

fn check_domain(domain: &str, place: &str, problems: &mut Problems) {
    let host = Host::of_authority(domain);
    if host.as_str() != domain.trim_end_matches('.').to_ascii_lowercase() || !host.is_plain() {
        problems.add(
            place,
            format!(
                "`{domain}` is not a domain; give a name in ASCII such as `example.com`, which includes all below it"
            ),
        );
    } else if SHARED.contains(&host.as_str()) {
        problems.add(
            place,
            format!("`{domain}` is shared: anybody can have a name below it; give the name below it that is yours"),
        );
    } else if !domain.contains('.') && domain != "localhost" {
        problems.add(
            place,
            format!("`{domain}` would trust everything below a top-level domain; give a domain of your own"),
        );
    }
}

fn bound(written: &raw::AmountLimit, problems: &mut Problems) -> Option<AmountBound> {
    let currency = written.currency.to_ascii_uppercase();
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        let found = &written.currency;
        problems.add(
            "/risk/limits/amount/currency",
            format!("`{found}` is not a currency; use a code of ISO 4217 such as `USD`"),
        );
    }
    let text = written.max.to_string();
    match Amount::of_number(&text).filter(|max| *max >= Amount::from(0)) {
        Some(max) => Some(AmountBound { max, currency }),
        None => {
            problems.add(
                "/risk/limits/amount/max",
                format!("`{text}` is not an amount; give a number that isn't negative"),
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(text: &str) -> (RiskTable, Vec<String>) {
        let written: raw::RiskSettings = serde_json::from_str(text).unwrap();
        let mut problems = Problems::default();
        let table = risk(&written, &mut problems);
        (table, problems.iter().map(|problem| problem.pointer.clone()).collect())
    }

    #[test]
    fn settings_become_a_table() {
        let (table, problems) = compile(
            r#"{"ask_at": "medium", "trusted_domains": ["Example.com"], "known_payees": ["GB29 NWBK 6016 1331 9268 19"],
                "limits": {"rows": 100, "recipients": 5, "amount": {"max": 500.5, "currency": "usd"}}}"#,
        );
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((table.ask_at, table.rows, table.recipients), (Level::Medium, 100, 5));
        assert!(table.known_payees.contains("GB29NWBK60161331926819"));
        let amount = table.amount.unwrap();
        assert_eq!((amount.max.to_string().as_str(), amount.currency.as_str()), ("500.5", "USD"));
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        let (_, problems) = compile(
            r#"{"ask_at": "sometimes", "trusted_domains": ["com", "https://example.com", "*.example.com", "exämple.com"],
                "known_payees": [" "], "limits": {"amount": {"max": -1, "currency": "dollars"}}}"#,
        );
        let expected = [
            "/risk/ask_at",
            "/risk/trusted_domains/0",
            "/risk/trusted_domains/1",
            "/risk/trusted_domains/2",
            "/risk/trusted_domains/3",
            "/risk/known_payees/0",
            "/risk/limits/amount/currency",
            "/risk/limits/amount/max",
        ];
        assert_eq!(problems, expected);
    }
}
