//! The bounds and lists that detectors compare with: `risk` of the configuration, compiled.

use std::collections::BTreeSet;

use super::{Amount, Level, TrustedDomains};

/// `risk` of the configuration, compiled.
#[derive(Clone, Debug)]
pub struct RiskTable {
    /// From here on the decision service is asked.
    pub ask_at: Level,
    /// Where data and messages may go.
    pub trusted_domains: TrustedDomains,
    /// To whom money may go, in normal form ([`RiskTable::payee`]).
    pub known_payees: BTreeSet<String>,
    /// Rows that one call may ask for.
    pub rows: u64,
    /// Recipients of one message.
    pub recipients: usize,
    /// Money that one call may move.
    pub amount: Option<AmountBound>,
}

/// A bound on money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmountBound {
    /// The largest amount.
    pub max: Amount,
    /// ISO 4217, in upper case.
    pub currency: String,
}

impl RiskTable {
    /// Rows, where the operator names no bound: some pages of what tools return, and no table.
    pub const DEFAULT_ROWS: u64 = 1000;

    /// Recipients, where the operator names no bound: a large meeting, and no campaign.
    pub const DEFAULT_RECIPIENTS: usize = 20;

    /// A payee in normal form: IBANs are written with blanks and in both cases.
    #[must_use]
    pub fn payee(text: &str) -> String {
        text.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_uppercase).collect()
    }
}

impl Default for RiskTable {
    fn default() -> Self {
        Self {
            ask_at: Level::High,
            trusted_domains: TrustedDomains::default(),
            known_payees: BTreeSet::new(),
            rows: Self::DEFAULT_ROWS,
            recipients: Self::DEFAULT_RECIPIENTS,
            amount: None,
        }
    }
}
