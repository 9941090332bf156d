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
    /// The digits of [`Decimal::INFINITE`].
    pub(super) const INFINITE_DIGITS: &'static [u8] = b"\
        179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587\
        207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711\
        531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093\
        042880177904174497792";

    /// 2¹⁰²⁴ − 2⁹⁷⁰: what is smaller than this is rounded to a finite double. It lies half-way between the largest one and the one that
    /// would follow.
    pub(super) const INFINITE: Decimal<'static> =
        Decimal { negative: false, whole: Self::INFINITE_DIGITS, fraction: &[], point: 309 };

    /// `number` follows JSON's grammar, and its exponent fits an `i64` with room to spare.
    pub(super) fn read(number: &'d [u8]) -> Self {
        let (negative, rest) = number.strip_prefix(b"-").map_or((false, number), |rest| (true, rest));
        let (mantissa, exponent) = split(rest, |byte| matches!(byte, b'e' | b'E'));
        let (whole, fraction) = split(mantissa, |byte| byte == b'.');
        let point = core::str::from_utf8(exponent).ok().and_then(|text| text.parse().ok()).unwrap_or_default();
        let mut decimal = Self { negative, whole, fraction, point };
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

    /// Compares the values without their signs.
    pub(super) fn magnitude(&self, other: &Decimal<'_>) -> Ordering {
        // Zero has no first digit for its point to stand before.
        other
            .is_zero()
            .cmp(&self.is_zero())
            .then_with(|| if self.is_zero() { Ordering::Equal } else { self.point.cmp(&other.point) })
            .then_with(|| self.digits().cmp(other.digits()))
    }

    /// Compares the values; −0 is 0.
    pub(super) fn cmp(&self, other: &Decimal<'_>) -> Ordering {
        let sign = |decimal: &Decimal<'_>| match decimal {
            zero if zero.is_zero() => 0,
            below if below.negative => -1,
            _ => 1,
        };
        sign(self).cmp(&sign(other)).then_with(|| match self.negative {
            false => self.magnitude(other),
            true => other.magnitude(self),
        })
    }
}

/// What is before the first such byte, and what is behind it.
fn split(bytes: &[u8], at: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let place = bytes.iter().position(|&byte| at(byte)).unwrap_or(bytes.len());
    let (before, behind) = bytes.split_at_checked(place).unwrap_or((bytes, &[]));
    (before, behind.get(1..).unwrap_or_default())
}
