//! The bounds and lists that detectors compare with: `risk` of the configuration, compiled.

use std::collections::{BTreeMap, BTreeSet};

use super::{Amount, Code, Level, TrustedDomains, score};
use crate::action::ActionKind;

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
    /// What findings add, where the operator says it; `None`: they aren't made.
    pub weights: BTreeMap<Code, Option<u8>>,
    /// What actions score, where the operator says it.
    pub bases: BTreeMap<ActionKind, u8>,
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

    /// What a finding adds to a score.
    #[must_use]
    pub fn weight(&self, code: Code) -> u8 {
        self.weights.get(&code).map_or(code.weight(), |weight| weight.unwrap_or_default())
    }

    /// What an action scores without findings.
    #[must_use]
    pub fn base(&self, kind: ActionKind) -> u8 {
        self.bases.get(&kind).copied().unwrap_or_else(|| score::base(kind))
    }

    /// Whether the operator wants to hear of a finding.
    pub(super) fn wants(&self, code: Code) -> bool {
        !matches!(self.weights.get(&code), Some(None))
    }

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
            weights: BTreeMap::new(),
            bases: BTreeMap::new(),
        }
    }
}
