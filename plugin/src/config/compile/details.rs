//! `authorization_details`.

use serde_json::json;

use crate::config::problem::Problems;
use crate::config::raw;
use crate::policy::{Attribute, Condition, DetailBound, DetailType, Details, Expression, InvalidCondition, Within};

/// Every type that could be made sense of.
pub(super) fn compile(written: &raw::AuthorizationDetails, problems: &mut Problems) -> Details {
    for (at, name) in written.ignore.iter().enumerate().filter(|(_, name)| written.types.contains_key(*name)) {
        let message = format!("`{name}` was found, which `types` gives a meaning; leave it out of one of them");
        problems.add(format!("/authorization_details/ignore/{at}"), message);
    }
    let types = written.types.iter().map(|(name, kind)| {
        let place = format!("/authorization_details/types/{}", super::token(name));
        (name.clone(), detail_type(kind, &place, problems))
    });
    Details { types: types.collect(), ignored: written.ignore.iter().cloned().collect() }
}

fn detail_type(written: &raw::DetailType, place: &str, problems: &mut Problems) -> DetailType {
    let about = written.tools.as_ref().and_then(|tools| match Condition::new("tool_in", &json!(tools)) {
        Ok(condition) => Some(Expression::Is(condition)),
        Err(InvalidCondition::Value(message)) => {
            problems.add(format!("{place}/tools"), message);
            None
        }
        Err(InvalidCondition::Attribute(invalid)) => {
            problems.add(format!("{place}/tools"), invalid.to_string());
            None
        }
    });
    let bounds = written.bounds.iter().enumerate();
    let bounds = bounds.filter_map(|(at, bound)| self::bound(bound, &format!("{place}/bounds/{at}"), problems));
    DetailType { about, bounds: bounds.collect(), ignored: written.ignore.iter().cloned().collect() }
}

fn bound(written: &raw::DetailBound, place: &str, problems: &mut Problems) -> Option<DetailBound> {
    let member = &written.member;
    let is_pointer = member.len() > 1 && member.starts_with('/');
    if !is_pointer || !member.split('~').skip(1).all(|rest| rest.starts_with(['0', '1'])) {
        let needed = "a JSON pointer into the detail such as `/instructedAmount/amount` is needed";
        problems.add(format!("{place}/member"), format!("`{member}` was found; {needed}"));
        return None;
    }
    let relation = match written.relation {
        raw::DetailRelation::Same => Within::Same,
        raw::DetailRelation::AtMost => Within::AtMost,
        raw::DetailRelation::OneOf => Within::OneOf,
    };
    match Attribute::named(&written.attribute) {
        Ok(attribute) => Some(DetailBound { member: member.clone(), attribute, relation }),
        Err(invalid) => {
            problems.add(format!("{place}/attribute"), invalid.to_string());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_field_is_named_with_what_would_be_right() {
        let written = serde_json::from_value(json!({
            "types": {"payment": {"bounds": [
                {"member": "amount", "attribute": "parameters.amount"},
                {"member": "/amount", "attribute": "parameter.amount"},
                {"member": "/amount", "attribute": "parameters.amount", "relation": "at_most"},
            ]}},
            "ignore": ["payment", "openid"],
        }));
        let mut problems = Problems::default();
        let details = compile(&written.unwrap(), &mut problems);
        let places: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        let place = "/authorization_details/types/payment/bounds";
        let expected =
            ["/authorization_details/ignore/0", &format!("{place}/0/member"), &format!("{place}/1/attribute")];
        assert_eq!(places, expected);
        assert_eq!(details.types["payment"].bounds.len(), 1);
    }
}
