//! From JSON to Cedar values, saying so where Cedar has no such value.
//!
//! | JSON | Cedar |
//! |---|---|
//! | string, boolean | the same |
//! | number without a fraction (`7`, `7.0`, `7e0`) | long, where 64 bits hold it |
//! | number with up to 4 decimal places | decimal, where it fits |
//! | any other number | *not representable* |
//! | `null` in an object | the attribute is absent: `has` is false |
//! | `null` in an array | *not representable* |
//! | array | set: no order, no repetition |
//! | object | record |
//!
//! Values are built, never handed to Cedar as JSON: Cedar's own JSON format gives the names `__entity` and `__extn` a
//! meaning, and a tool's arguments must not be able to write one.
//!
//! A fractional number is read as an IEEE double, as RFC 8259 section 6 tells senders to expect.

use std::collections::HashMap;

use cedar_policy::RestrictedExpression;
use serde_json::{Map, Number, Value};

use crate::json::quoted;

/// Up to here every whole number is a double of its own.
const EXACT_IN_A_DOUBLE: f64 = 9_007_199_254_740_992.0;

/// Cedar's decimal has four places: `decimal("0.0001")` is the smallest.
const DECIMAL_PLACES: usize = 4;

/// A value that AuthZEN allows and Cedar has no word for: where it stands, and why. No value of the request is in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unrepresentable(pub(crate) String);

impl Unrepresentable {
    fn at(pointer: &str, why: &str) -> Self {
        Self(format!("{} {why}", quoted(pointer)))
    }
}

/// The members of an object, as attributes of an entity or of the context.
pub(crate) fn attributes(
    object: &Map<String, Value>,
    at: &str,
) -> Result<HashMap<String, RestrictedExpression>, Unrepresentable> {
    let mut found = HashMap::with_capacity(object.len());
    for (name, value) in object {
        if !value.is_null() {
            found.insert(name.clone(), expression(value, &format!("{at}/{name}"))?);
        }
    }
    Ok(found)
}

/// The numbers among the members, whole or not, all as decimals: a policy that compares an amount need not know how the
/// caller wrote it. What doesn't fit is left out.
pub(crate) fn decimals(object: &Map<String, Value>) -> Result<RestrictedExpression, Unrepresentable> {
    let fields = object.iter().filter_map(|(name, value)| {
        let text = decimal_text(value.as_number()?)?;
        Some((name.clone(), RestrictedExpression::new_decimal(text)))
    });
    record(fields.collect(), "")
}

fn expression(value: &Value, at: &str) -> Result<RestrictedExpression, Unrepresentable> {
    match value {
        Value::Null => Err(Unrepresentable::at(at, "is null in an array: a cedar set has no null")),
        Value::Bool(value) => Ok(RestrictedExpression::new_bool(*value)),
        Value::Number(value) => number(value, at),
        Value::String(value) => Ok(RestrictedExpression::new_string(value.clone())),
        Value::Array(values) => {
            let items = values.iter().enumerate().map(|(i, item)| expression(item, &format!("{at}/{i}")));
            Ok(RestrictedExpression::new_set(items.collect::<Result<Vec<_>, _>>()?))
        }
        Value::Object(members) => record(attributes(members, at)?, at),
    }
}

/// A record of named values.
pub(crate) fn record(
    fields: HashMap<String, RestrictedExpression>,
    at: &str,
) -> Result<RestrictedExpression, Unrepresentable> {
    RestrictedExpression::new_record(fields).map_err(|_| Unrepresentable::at(at, "is no cedar record"))
}

fn number(number: &Number, at: &str) -> Result<RestrictedExpression, Unrepresentable> {
    if let Some(long) = long(number) {
        return Ok(RestrictedExpression::new_long(long));
    }
    let text = decimal_text(number).ok_or_else(|| {
        let why = "is a number that cedar can't hold: it has 64-bit integers, and decimals of at most 4 places up to ±922337203685477.5807";
        Unrepresentable::at(at, why)
    })?;
    Ok(RestrictedExpression::new_decimal(text))
}

/// The number as a long, where it is whole and known exactly.
fn long(number: &Number) -> Option<i64> {
    if let Some(long) = number.as_i64() {
        return Some(long);
    }
    let double = number.as_f64().filter(|_| number.is_f64())?;
    let exact = double.fract() == 0.0 && double.abs() <= EXACT_IN_A_DOUBLE;
    exact.then(|| format!("{double:.0}").parse().ok()).flatten()
}

/// The number as Cedar writes decimals: digits, a point, one to four digits. `None` where that would lose something.
fn decimal_text(number: &Number) -> Option<String> {
    let (whole, fraction) = match long(number) {
        Some(long) => (long.to_string(), "0".to_owned()),
        None => {
            // `Display` of a double is the shortest text that reads back as the same double, without an exponent.
            let text = number.as_f64().filter(|_| number.is_f64())?.to_string();
            let (whole, fraction) = text.split_once('.')?;
            (whole.to_owned(), fraction.to_owned())
        }
    };
    if fraction.len() > DECIMAL_PLACES {
        return None;
    }
    // Cedar keeps a decimal as an `i64` of ten-thousandths.
    format!("{whole}{fraction:0<4}").parse::<i64>().ok()?;
    Some(format!("{whole}.{fraction}"))
}

#[cfg(test)]
mod tests {
    use cedar_policy::Context;
    use serde_json::json;

    use super::*;

    fn number_of(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn whole_numbers_are_longs_however_they_are_written() {
        for (text, expected) in [
            ("7", Some(7)),
            ("7.0", Some(7)),
            ("-0.0", Some(0)),
            ("1e3", Some(1000)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("1e16", None),
            ("0.5", None),
        ] {
            assert_eq!(long(&number_of(text)), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_decimals_up_to_four_places_and_within_its_range() {
        for (text, expected) in [
            ("1000", Some("1000.0")),
            ("999.99", Some("999.99")),
            ("-0.0001", Some("-0.0001")),
            ("1e-4", Some("0.0001")),
            ("0.00001", None),
            ("922337203685477", Some("922337203685477.0")),
            ("922337203685478", None),
            ("-922337203685478", None),
            ("1e300", None),
            ("18446744073709551615", None),
        ] {
            let found = decimal_text(&number_of(text));
            assert_eq!(found.as_deref(), expected, "{text}");
            if let Some(text) = found {
                let pairs = [("n".to_owned(), RestrictedExpression::new_decimal(text))];
                assert!(Context::from_pairs(pairs).is_ok(), "cedar refuses it");
            }
        }
    }

    #[test]
    fn null_is_an_absent_attribute_and_refused_in_an_array() {
        let object = json!({"a": null, "b": 1});
        let found = attributes(object.as_object().unwrap(), "").unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["b"]);
        let object = json!({"a": {"b": [1, null]}});
        let error = attributes(object.as_object().unwrap(), "/context").unwrap_err();
        assert_eq!(error.0, "`/context/a/b/1` is null in an array: a cedar set has no null");
    }

    #[test]
    fn an_argument_can_not_write_a_cedar_entity_or_extension() {
        let object =
            json!({"who": {"__entity": {"type": "user", "id": "root"}}, "ip": {"__extn": {"fn": "ip", "arg": "::1"}}});
        let context = Context::from_pairs(attributes(object.as_object().unwrap(), "").unwrap()).unwrap();
        for name in ["who", "ip"] {
            let value = context.get(name).unwrap();
            assert!(matches!(value, cedar_policy::EvalResult::Record(_)), "{name} became {value}");
        }
    }
}
