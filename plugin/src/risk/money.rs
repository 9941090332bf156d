//! How much money, in what, and to whom.

use std::fmt;

use super::finding::Findings;
use super::leaf::Leaf;
use super::names::Role;
use super::{Code, RiskTable};
use crate::action::ActionKind;

/// Names of parameters that hold an amount, without `_`, in lower case.
pub(super) const AMOUNTS: &[&str] = &[
    "amount",
    "total",
    "price",
    "sum",
    "totalamount",
    "amounttotal",
    "amountdue",
    "value",
    "unitamount",
    "paymentamount",
    "transferamount",
    "refundamount",
    "grossamount",
    "netamount",
    "unitprice",
    "totalprice",
    "amountcents",
    "payamount",
];

/// Names of parameters that hold a currency.
pub(super) const CURRENCIES: &[&str] = &["currency", "currencycode", "amountcurrency", "ccy"];

/// Names of parameters that say who is paid, in a transfer.
pub(super) const PAYEES: &[&str] = &[
    "payee",
    "iban",
    "recipient",
    "beneficiary",
    "to",
    "toaccount",
    "destination",
    "destinationaccount",
    "account",
    "accountnumber",
    "recipientaccount",
    "recipientiban",
    "recipientid",
    "creditor",
    "payto",
    "wallet",
    "toaddress",
    "beneficiaryaccount",
    "payeeid",
    "payeeiban",
    "creditoriban",
    "counterparty",
    "vendor",
    "supplier",
];

pub(super) fn look(leaf: &Leaf<'_, '_>, kind: ActionKind, table: &RiskTable, findings: &mut Findings) {
    if matches!(kind, ActionKind::List | ActionKind::Read) {
        return;
    }
    if leaf.is(Role::Amount) && (kind == ActionKind::Transfer || leaf.name != "value") {
        look_at_amount(leaf, kind, table, findings);
    } else if leaf.is(Role::Currency) {
        if let (Some(bound), Some(found)) = (&table.amount, leaf.text()) {
            compare_currency(leaf, found.trim(), &bound.currency, findings);
        }
    } else if kind == ActionKind::Transfer && leaf.is(Role::Payee) && !table.known_payees.is_empty() {
        let is_known = leaf.scalar().is_some_and(|text| table.known_payees.contains(&RiskTable::payee(&text)));
        if !is_known {
            findings.add(Code::PayeeUnknown, leaf.pointer, "not one of `known_payees`");
        }
    }
}

fn look_at_amount(leaf: &Leaf<'_, '_>, kind: ActionKind, table: &RiskTable, findings: &mut Findings) {
    let Some(text) = leaf.scalar() else { return };
    let (number, currency) = split_currency(text.trim());
    if let (Some(bound), Some(currency)) = (&table.amount, currency) {
        compare_currency(leaf, &currency, &bound.currency, findings);
    }
    let amount = match leaf.number() {
        Some(number) => Amount::of_number(number),
        None => Amount::parse(number),
    };
    let Some(amount) = amount else {
        // Not every `total` is money; in a transfer an amount has to be a number.
        if kind == ActionKind::Transfer {
            findings.add(Code::MoneyUnreadable, leaf.pointer, "not a number that every reader takes for the same one");
        }
        return;
    };
    if amount.is_negative() {
        findings.add(Code::MoneyNegative, leaf.pointer, "a negative amount");
    }
    if let Some(bound) = &table.amount
        && amount.magnitude() > bound.max
    {
        let (max, currency) = (bound.max, &bound.currency);
        findings.add(Code::MoneyOverLimit, leaf.pointer, format!("more than the {max} {currency} of `limits.amount`"));
    }
}

fn compare_currency(leaf: &Leaf<'_, '_>, found: &str, expected: &str, findings: &mut Findings) {
    if !found.eq_ignore_ascii_case(expected) {
        findings.add(Code::MoneyCurrency, leaf.pointer, format!("not {expected}, in which `limits.amount` is given"));
    }
}

/// A transfer that nothing bounds.
pub(super) fn judge(kind: ActionKind, table: &RiskTable, findings: &mut Findings) {
    let is_bounded = table.amount.is_some() || !table.known_payees.is_empty();
    if kind == ActionKind::Transfer && !is_bounded {
        findings.add(Code::MoneyUnbounded, "", "neither `limits.amount` nor `known_payees` is configured");
    }
}

/// A number, and the currency written before or behind it.
fn split_currency(text: &str) -> (&str, Option<String>) {
    const SIGNS: &[(&str, &str)] =
        &[("US$", "USD"), ("$", "USD"), ("€", "EUR"), ("£", "GBP"), ("¥", "JPY"), ("₹", "INR")];
    for (sign, code) in SIGNS {
        if let Some(rest) = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)) {
            return (rest.trim(), Some((*code).to_owned()));
        }
    }
    let is_code = |code: &str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    match text.split_once(char::is_whitespace) {
        Some((code, number)) if is_code(code) => (number.trim(), Some(code.to_uppercase())),
        Some((number, code)) if is_code(code.trim()) => (number, Some(code.trim().to_uppercase())),
        _ => (text, None),
    }
}

/// An amount in millionths, exactly; of finer ones, the next larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i128);

const SCALE: i128 = 1_000_000;

/// Digits of the scale, and the most digits that are read before the decimal point: 10³⁰ of anything is no amount.
const DIGITS: (usize, usize) = (6, 30);

impl Amount {
    /// Reads a number as JSON or a person writes it: `1e3`, `1,234.56`, `1.234,56`, `1 234`, `1'234`, `-5`. Of two
    /// readings (`1.234`) the larger, which can't pass a bound by being misread.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (is_negative, text) =
            match (text.strip_prefix('-'), text.strip_prefix('(').and_then(|it| it.strip_suffix(')'))) {
                (Some(rest), _) | (None, Some(rest)) => (true, rest),
                (None, None) => (false, text.strip_prefix('+').unwrap_or(text)),
            };
        let (mantissa, exponent) = split_exponent(text);
        let (whole, fraction) = split_at_point(mantissa)?;
        Self::assemble(is_negative, &whole, &fraction, exponent?)
    }

    /// Reads a number of JSON, in which a point is a decimal point.
    #[must_use]
    pub fn of_number(text: &str) -> Option<Self> {
        let (mantissa, exponent) = split_exponent(text);
        let (is_negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        Self::assemble(is_negative, whole, fraction, exponent?)
    }

    fn assemble(is_negative: bool, whole: &str, fraction: &str, exponent: i32) -> Option<Self> {
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
        let magnitude = scaled(&digits, point)?;
        Some(Self(if is_negative { magnitude.checked_neg()? } else { magnitude }))
    }

    fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// How much, whichever the sign, in millionths.
    #[must_use]
    pub fn millionths(self) -> u64 {
        u64::try_from(self.0.unsigned_abs()).unwrap_or(u64::MAX)
    }

    fn magnitude(self) -> Self {
        Self(self.0.saturating_abs())
    }
}

impl From<u64> for Amount {
    fn from(whole: u64) -> Self {
        Self(i128::from(whole).saturating_mul(SCALE))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let scale = SCALE.unsigned_abs();
        let (whole, fraction) = (magnitude.checked_div(scale), magnitude.checked_rem(scale));
        let fraction = format!("{:06}", fraction.unwrap_or_default());
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{}{point}{fraction}", whole.unwrap_or_default())
    }
}

fn split_exponent(text: &str) -> (&str, Option<i32>) {
    text.split_once(['e', 'E']).map_or((text, Some(0)), |(mantissa, exponent)| (mantissa, exponent.parse().ok()))
}

/// The digits before and behind the decimal point, without marks between groups of thousands.
fn split_at_point(text: &str) -> Option<(String, String)> {
    let marks: Vec<char> = text.chars().filter(|char| !char.is_ascii_digit()).collect();
    let plain = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    if !marks.iter().all(|mark| matches!(mark, '.' | ',' | '\'' | '_' | ' ' | '\u{a0}' | '\u{202f}')) {
        return None;
    }
    let Some(last) = marks.iter().rev().find(|mark| matches!(mark, '.' | ',')) else {
        return Some((plain(text), String::new()));
    };
    let (whole, fraction) = text.rsplit_once(*last)?;
    let occurs_once = marks.iter().filter(|mark| *mark == last).count() == 1;
    let groups_thousands = fraction.len() == 3 && whole.len() <= 3 && !whole.starts_with('0') && !whole.is_empty();
    if occurs_once && !(groups_thousands && marks.len() == 1) {
        Some((plain(whole), plain(fraction)))
    } else {
        Some((plain(text), String::new()))
    }
}

/// 0.`digits` × 10^`point` in millionths, rounded up.
fn scaled(digits: &str, point: i32) -> Option<i128> {
    let trimmed = digits.trim_start_matches('0');
    if trimmed.is_empty() {
        return Some(0);
    }
    let zeros = i32::try_from(digits.len().checked_sub(trimmed.len())?).ok()?;
    let (scale, most) = DIGITS;
    let places = i64::from(point).checked_sub(i64::from(zeros))?.checked_add(i64::try_from(scale).ok()?)?;
    let Ok(places) = usize::try_from(places) else { return Some(1) };
    if places > most.checked_add(scale)? {
        return None;
    }
    let kept: String = trimmed.chars().chain(std::iter::repeat('0')).take(places).collect();
    let is_finer = trimmed.get(places..).is_some_and(|rest| rest.bytes().any(|byte| byte != b'0'));
    let kept = if kept.is_empty() { 0 } else { kept.parse::<i128>().ok()? };
    kept.checked_add(i128::from(is_finer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_and_programs_write_them() {
        for (text, amount) in [
            ("500", Some("500")),
            ("500.00", Some("500")),
            ("12.5", Some("12.5")),
            ("-5", Some("-5")),
            ("(5)", Some("-5")),
            ("1e3", Some("1000")),
            ("1E-2", Some("0.01")),
            ("1,234.56", Some("1234.56")),
            ("1.234,56", Some("1234.56")),
            ("1.234.567", Some("1234567")),
            ("1 234", Some("1234")),
            ("1'234.5", Some("1234.5")),
            ("0.001", Some("0.001")),
            ("0.0000001", Some("0.000001")),
            ("1.234", Some("1234")),
            ("12.3456", Some("12.3456")),
            ("0", Some("0")),
            ("-0", Some("0")),
            ("", None),
            ("abc", None),
            ("1e999999999999", None),
            ("1e300", None),
            ("0x10", None),
            ("٥٠٠", None),
        ] {
            assert_eq!(Amount::parse(text).map(|amount| amount.to_string()).as_deref(), amount, "{text}");
        }
    }

    #[test]
    fn a_point_in_a_json_number_is_a_decimal_point() {
        for (text, amount) in [("1.234", "1.234"), ("-12", "-12"), ("1e2", "100"), ("0.5", "0.5")] {
            assert_eq!(Amount::of_number(text).map(|amount| amount.to_string()).as_deref(), Some(amount), "{text}");
        }
    }

    #[test]
    fn a_currency_is_read_on_either_side() {
        for (text, number, currency) in [
            ("$500", "500", Some("USD")),
            ("500 €", "500", Some("EUR")),
            ("eur 500", "500", Some("EUR")),
            ("500 usd", "500", Some("USD")),
            ("1 234", "1 234", None),
        ] {
            assert_eq!(split_currency(text), (number, currency.map(str::to_owned)), "{text}");
        }
    }
}
