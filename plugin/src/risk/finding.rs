//! What detectors observe: a closed list of codes, each with what it adds to a score.

/// One observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was observed.
    pub code: Code,
    /// The JSON pointer of the parameter; empty where it is about the action as a whole.
    pub pointer: String,
    /// Why, for a person; never the value.
    pub detail: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident: $code:literal, $weight:literal;)+) => {
        /// The closed list of observations.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable name, as in rules, audit records and scenario files.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// What it adds to a score, once, however often it is observed.
            #[must_use]
            pub const fn weight(self) -> u8 {
                match self { $(Self::$name => $weight,)+ }
            }
        }
    };
}

codes! {
    /// More rows than `limits.rows` are asked for.
    RowsOverLimit: "rows.over_limit", 50;
    /// All rows are asked for: `all`, a negative number, a wildcard.
    RowsUnbounded: "rows.unbounded", 50;
    /// An export that names no limit.
    RowsAbsent: "rows.absent", 10;
    /// A host that data goes to is outside of `trusted_domains`.
    DestinationUntrusted: "destination.untrusted", 30;
    /// A page outside of `trusted_domains` is read.
    DestinationOutside: "destination.outside", 15;
    /// A message links to a host outside of `trusted_domains`: links carry data when they are opened or shown.
    DestinationLink: "destination.link", 25;
    /// Something that is written mentions a host outside of `trusted_domains`.
    DestinationMentioned: "destination.mentioned", 15;
    /// A recipient is outside of `trusted_domains`.
    RecipientUntrusted: "recipient.untrusted", 35;
    /// More recipients than `limits.recipients`.
    RecipientsOverLimit: "recipients.over_limit", 25;
    /// More money than `limits.amount`.
    MoneyOverLimit: "money.over_limit", 45;
    /// Another currency than that of `limits.amount`, so the bound says nothing.
    MoneyCurrency: "money.currency", 20;
    /// A negative amount: what looks like a payment takes money instead, or passes a bound from below.
    MoneyNegative: "money.negative", 30;
    /// An amount that can't be read as one number.
    MoneyUnreadable: "money.unreadable", 20;
    /// A transfer for which the operator has neither a bound nor a list of payees.
    MoneyUnbounded: "money.unbounded", 20;
    /// A payee who is not among `known_payees`.
    PayeeUnknown: "payee.unknown", 25;
}

/// More findings than a person reads; the worst are among the first, as each code is noted where it first occurs.
const MAX_FINDINGS: usize = 32;

/// What was observed so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// Notes an observation. One more of a code that is there already is noted only while there is room.
    pub(super) fn add(&mut self, code: Code, pointer: &str, detail: impl Into<String>) {
        let is_new = !self.0.iter().any(|finding| finding.code == code);
        if is_new || self.0.len() < MAX_FINDINGS {
            self.0.push(Finding { code, pointer: pointer.to_owned(), detail: detail.into() });
        }
    }

    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
