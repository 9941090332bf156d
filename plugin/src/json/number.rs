//! Numbers: their grammar, their range, and what they are worth.

use super::InvalidJsonKind;
use super::decimal::Decimal;
use core::cmp::Ordering;
use core::fmt;

/// A number as it stands in the body. Its value is the exact decimal that is written there, not its nearest double.
#[derive(Clone, Copy, Debug)]
pub struct Number<'d> {
    raw: &'d str,
}

/// So many digits always come back from a double: 10¹⁵ < 2⁵³.
const EXACT_DIGITS: usize = 15;

/// A number without an exponent, up to this length, is in range, and so is one of so many places before its decimal point: the largest
/// double is about 1.8 × 10³⁰⁸.
const RANGE_LEN: usize = 308;
const RANGE_PLACES: i64 = 308;

/// More digits of an exponent than an `i64` holds are nobody's amount, and would need arithmetic without bounds to compare.
const EXPONENT_DIGITS: usize = 18;

impl<'d> Number<'d> {
    /// `raw` is a number that [`len`] accepted whole.
    pub(super) const fn new(raw: &'d str) -> Self {
        Self { raw }
    }

    /// The number that `raw` is, whole: for constants of a configuration, and texts that stand for numbers.
    #[must_use]
    pub fn parse(raw: &'d str) -> Option<Self> {
        let starts = matches!(raw.as_bytes().first(), Some(b'-' | b'0'..=b'9'));
        (starts && len(raw.as_bytes()) == Ok(raw.len())).then_some(Self { raw })
    }

    /// The number as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'d str {
        self.raw
    }

    /// Its value, if that is an integer between −2⁶³ and 2⁶³ − 1, however it is written: `1e2` and `100.0` are 100.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        self.raw.parse().ok().or_else(|| self.decimal().as_i64())
    }

    /// The nearest double, which is finite. It may differ from the value: see [`Number::is_exact`].
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        self.raw.parse().ok().filter(|double: &f64| double.is_finite())
    }

    /// Whether the value survives a double: it is still there when the nearest double is written down, either in the shortest
    /// form that means this double (`0.1`) or, of an integer, in full (2⁶⁴). If not, readers of this number may see different values.
    #[must_use]
    pub fn is_exact(self) -> bool {
        // Without an exponent, and within so few digits, neither precision nor range can be short.
        if self.raw.len() <= EXACT_DIGITS && !self.raw.contains(['e', 'E']) {
            return true;
        }
        let Some(double) = self.as_f64() else {
            return false;
        };
        let decimal = self.decimal();
        let means = |written: &str| Decimal::read(written.as_bytes()).cmp(&decimal) == Ordering::Equal;
        means(&format!("{double:e}")) || (double.trunc() == double && means(&format!("{double:.0}")))
    }

    /// Compares the values, exactly: `1e2` equals `100`, and 2⁵³ + 1 is more than 2⁵³.
    #[must_use]
    pub fn compare(&self, other: &Number<'_>) -> Ordering {
        self.decimal().cmp(&other.decimal())
    }

    fn decimal(self) -> Decimal<'d> {
        Decimal::read(self.raw.as_bytes())
    }
}

impl fmt::Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.raw)
    }
}

/// Length of the number that `bytes` begin with. They begin with `-` or a digit.
///
/// # Errors
///
/// What is wrong with it, and how far behind the beginning.
#[inline(always)]
pub(super) fn len(bytes: &[u8]) -> Result<usize, (InvalidJsonKind, usize)> {
    let mut len = usize::from(bytes.first() == Some(&b'-'));
    len = match bytes.get(len) {
        // Nothing may follow a leading zero but a fraction or an exponent.
        Some(b'0') => len.wrapping_add(1),
        _ => digits(bytes, len, "a digit")?,
    };
    if bytes.get(len) == Some(&b'.') {
        len = digits(bytes, len.wrapping_add(1), "a digit after the decimal point")?;
    }
    let mantissa = len;
    if let Some(b'e' | b'E') = bytes.get(len) {
        len = len.wrapping_add(1);
        if let Some(b'+' | b'-') = bytes.get(len) {
            len = len.wrapping_add(1);
        }
        len = digits(bytes, len, "a digit in the exponent")?;
    }
    if (len > mantissa || len > RANGE_LEN) && !in_range(bytes.get(..len).unwrap_or_default(), mantissa) {
        return Err((InvalidJsonKind::NumberOutOfRange, 0));
    }
    Ok(len)
}

/// The end of one or more digits that begin at `start`.
#[inline(always)]
fn digits(bytes: &[u8], start: usize, expected: &'static str) -> Result<usize, (InvalidJsonKind, usize)> {
    let mut end = start;
    while let Some(b'0'..=b'9') = bytes.get(end) {
        end = end.wrapping_add(1);
    }
    match bytes.get(end) {
        _ if end > start => Ok(end),
        Some(_) => Err((InvalidJsonKind::Syntax { expected }, end)),
        None => Err((InvalidJsonKind::UnexpectedEnd, end)),
    }
}

/// Whether a double reaches as far as `number`, whose exponent, if any, begins at `mantissa`. No double is computed: one that is hard to
/// round makes that slow, and whoever sends the body chooses which ones are in it.
fn in_range(number: &[u8], mantissa: usize) -> bool {
    let (sign, digits) = match number.get(mantissa..) {
        Some([_, b'-', digits @ ..]) => (-1, digits),
        Some([_, b'+', digits @ ..] | [_, digits @ ..]) => (1, digits),
        _ => (1, [].as_slice()),
    };
    let zeros = digits.iter().position(|&digit| digit != b'0').unwrap_or(digits.len());
    let digits = digits.get(zeros..).unwrap_or_default();
    if digits.len() > EXPONENT_DIGITS {
        return false;
    }
    let exponent =
        digits.iter().fold(0i64, |value, &digit| value.wrapping_mul(10).wrapping_add(digit.wrapping_sub(b'0').into()));
    // The mantissa has fewer places before its point than bytes.
    let places = i64::try_from(mantissa).unwrap_or(i64::MAX).saturating_add(exponent.wrapping_mul(sign));
    places <= RANGE_PLACES || Decimal::read(number).magnitude(&Decimal::INFINITE) == Ordering::Less
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(raw: &str) -> Number<'_> {
        assert_eq!(len(raw.as_bytes()), Ok(raw.len()), "{raw}");
        Number::new(raw)
    }

    #[test]
    fn what_survives_a_double_is_exact() {
        for exact in [
            "0",
            "-0",
            "0.1",
            "12.50",
            "1e2",
            "9007199254740992",
            "9007199254740994",
            "-1.5E-10",
            "18446744073709551616",
            "1180591620717411303424",
            "123456789012345678e3",
            "1e23",
            "1.7976931348623157e308",
            "5e-324",
            "0e999",
            "0.30000000000000004",
        ] {
            let written = number(exact);
            let expected = exact != "123456789012345678e3";
            assert_eq!(written.is_exact(), expected, "{exact}");
        }
        for inexact in [
            "9007199254740993",
            "0.1000000000000000055511151231257827",
            "18446744073709551615",
            "3.141592653589793238462643",
            "1e-400",
            "12345678901234567.25",
        ] {
            assert!(!number(inexact).is_exact(), "{inexact}");
        }
    }

    #[test]
    fn integers_are_recognised_however_they_are_written() {
        for (raw, integer) in [
            ("100", 100),
            ("1e2", 100),
            ("100.00", 100),
            ("1.5e1", 15),
            ("-0", 0),
            ("-0.0e5", 0),
            ("500e-2", 5),
            ("-9223372036854775808", i64::MIN),
            ("9.223372036854775807e18", i64::MAX),
        ] {
            assert_eq!(number(raw).as_i64(), Some(integer), "{raw}");
        }
        for raw in ["0.5", "9223372036854775808", "-9223372036854775809", "1e19", "1e-1", "1e-400", "1e300"] {
            assert_eq!(number(raw).as_i64(), None, "{raw}");
        }
    }

    #[test]
    fn only_a_whole_number_of_json_is_parsed() {
        for number in ["0", "-1.5e3", "100"] {
            assert_eq!(Number::parse(number).map(Number::as_str), Some(number));
        }
        for other in ["", "-", "+1", " 1", "1 ", "01", ".5", "1.", "0x10", "1e999", "NaN", "1,000", "１"] {
            assert!(Number::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn comparison_is_exact() {
        let ascending = [
            "-1e308",
            "-9007199254740993",
            "-9007199254740992",
            "-1.5",
            "-1",
            "-1e-400",
            "0",
            "1e-999999999999999999",
            "1e-400",
            "2e-400",
            "0.1",
            "0.10000000000000001",
            "9",
            "10",
            "99.99",
            "1e2",
            "100.000001",
            "9007199254740992",
            "9007199254740993",
            "1e308",
        ];
        for (i, one) in ascending.iter().enumerate() {
            for (j, other) in ascending.iter().enumerate() {
                assert_eq!(number(one).compare(&number(other)), i.cmp(&j), "{one} and {other}");
            }
        }
        for (one, other) in
            [("1e2", "100"), ("100.0", "1E+2"), ("-0", "0.00e7"), ("0.001", "1e-3"), ("12300e-2", "1.23e2")]
        {
            assert_eq!(number(one).compare(&number(other)), Ordering::Equal, "{one} and {other}");
        }
    }

    #[test]
    fn a_number_beyond_a_double_is_refused() {
        for (raw, ok) in [
            ("1e308", true),
            ("1e309", false),
            ("-1e309", false),
            ("0e309", true),
            ("1e-1000", true),
            ("1.7976931348623159e308", false),
            ("1e1000000000000000000", false),
            ("1e-1000000000000000000", false),
            ("1e0000000000000000000000005", true),
        ] {
            assert_eq!(len(raw.as_bytes()).is_ok(), ok, "{raw}");
        }
        let infinite = core::str::from_utf8(Decimal::INFINITE_DIGITS).unwrap();
        let below = format!("{}1.99", infinite.strip_suffix('2').unwrap());
        assert!(below.parse::<f64>().unwrap().is_finite() && len(below.as_bytes()).is_ok());
        assert!(infinite.parse::<f64>().unwrap().is_infinite() && len(infinite.as_bytes()).is_err());
        assert!(len("9".repeat(309).as_bytes()).is_err());
        assert!(len("9".repeat(308).as_bytes()).is_ok());
        assert!(len(format!("0.{}", "9".repeat(1000)).as_bytes()).is_ok());
    }
}
