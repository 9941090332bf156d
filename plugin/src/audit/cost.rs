//! What a request costs of the budgets that filters behind this one count.

use serde::Serialize;

/// The largest figure there is. Envoy takes no more as the hits of one descriptor (`MAX_HITS_ADDEND`, in its
/// `source/extensions/filters/common/ratelimit_config`), and leaves out a descriptor that asks for more: the dearest calls
/// would be free.
const MOST: u64 = 1_000_000_000;

/// What a request costs of a budget; each figure is a billion at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Cost {
    /// What it does: one thing, or of several in one request as many as there are.
    pub calls: u64,
    /// Rows asked for.
    pub rows: u64,
    /// Money, in whole units, rounded up.
    pub amount: u64,
}

impl Cost {
    /// Of one call.
    #[must_use]
    pub fn of(rows: u64, amount: u64) -> Self {
        Self { calls: 1, rows: rows.min(MOST), amount: amount.min(MOST) }
    }

    /// Of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = |one: u64, other: u64| one.saturating_add(other).min(MOST);
        Self {
            calls: sum(self.calls, other.calls),
            rows: sum(self.rows, other.rows),
            amount: sum(self.amount, other.amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_figure_is_more_than_envoy_counts() {
        let most = Cost::of(u64::MAX, u64::MAX);
        assert_eq!(most, Cost { calls: 1, rows: MOST, amount: MOST });
        assert_eq!(most.plus(Cost::of(1, 0)), Cost { calls: 2, ..most });
    }
}
