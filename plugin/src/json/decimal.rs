//! Exact decimal values of any length, compared without being computed.

use core::cmp::Ordering;

/// The value of a JSON number: ± 0.d₁d₂d₃… × 10^`point`, where d₁ isn't 0.
#[derive(Clone, Copy)]
pub(super) struct Decimal<'d> {
    negative: bool,
    /// The significant digits without leading and trailing zeros: those before the decimal point, and those behind it. Either may be
    /// empty; both are for zero.
    whole: &'d [u8],
    fraction: &'d [u8],
    point: i64,
}

impl<'d> Decimal<'d> {
    /// `number` follows JSON's grammar, and its exponent fits an `i64` with room to spare.
    pub(super) fn read(number: &'d str) -> Self {
        let (negative, rest) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let exponent: i64 = exponent.parse().unwrap_or_default();
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut decimal = Self { negative, whole: whole.as_bytes(), fraction: fraction.as_bytes(), point: exponent };
        decimal.trim();
        decimal
    }

    /// Drops what doesn't count.
    fn trim(&mut self) {
        while let [b'0', rest @ ..] = self.whole {
            self.whole = rest;
        }
        self.point = self.point.saturating_add(i64::try_from(self.whole.len()).unwrap_or(i64::MAX));
        while let [rest @ .., b'0'] = self.fraction {
            self.fraction = rest;
        }
        if self.whole.is_empty() {
            while let [b'0', rest @ ..] = self.fraction {
                self.fraction = rest;
                self.point = self.point.saturating_sub(1);
            }
        }
        if self.fraction.is_empty() {
            while let [rest @ .., b'0'] = self.whole {
                self.whole = rest;
            }
        }
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole.iter().chain(self.fraction).copied()
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    /// The value, if it is an integer that fits.
    pub(super) fn as_i64(&self) -> Option<i64> {
        if self.is_zero() {
            return Some(0);
        }
        // No integer of more than 19 digits fits.
        let places = usize::try_from(self.point).ok().filter(|&places| places <= 19)?;
        let significant = self.whole.len().saturating_add(self.fraction.len());
        if significant > places {
            return None;
        }
        // Negative, as there is one more negative integer than there are positive ones.
        let below =
            self.digits().chain(core::iter::repeat(b'0')).take(places).try_fold(0i64, |value, digit| {
                value.checked_mul(10)?.checked_sub(i64::from(digit.wrapping_sub(b'0')))
            })?;
        if self.negative { Some(below) } else { below.checked_neg() }
    }

    fn magnitude(&self, other: &Decimal<'_>) -> Ordering {
        self.point.cmp(&other.point).then_with(|| self.digits().cmp(other.digits()))
    }

    /// Compares the values; −0 is 0.
    pub(super) fn cmp(&self, other: &Decimal<'_>) -> Ordering {
        let sign = |decimal: &Decimal<'_>| match decimal {
            zero if zero.is_zero() => 0,
            below if below.negative => -1,
            _ => 1,
        };
        sign(self).cmp(&sign(other)).then_with(|| match (self.is_zero(), self.negative) {
            (true, _) => Ordering::Equal,
            (false, false) => self.magnitude(other),
            (false, true) => other.magnitude(self),
        })
    }
}
