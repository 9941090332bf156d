//! Several questions in one: AuthZEN Authorization API 1.0 section 7.2, "Access Evaluations API".
//!
//! A request that does several things goes on whole or not at all, so the service is to stop at its first no
//! (`deny_on_first_deny`), and the answer is yes where each is. What a permit brings (obligations, a narrower parameter,
//! a credential) is for one of them, and a request that does several can't be changed for one: then the answer is no.

use sha2::{Digest, Sha256};

use super::access::{Origins, approval};
use super::{Decision, Denied, InvalidAnswer, Question, Terms, authzen};
use crate::json::{Kind, Value};
use crate::time::Timestamp;

/// The one question that these are together; none where one of them is for a person to approve or wants a credential,
/// which is of one call, or asks for several evaluations already.
pub(crate) fn together(questions: &[Question]) -> Option<Question> {
    let first = questions.first()?;
    if questions.iter().any(|question| question.credential.is_some() || question.evaluations.is_some()) {
        return None;
    }
    let mut body = br#"{"evaluations":["#.to_vec();
    let (mut identity, mut call) = (Sha256::new(), Sha256::new());
    for (at, question) in questions.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&question.body);
        // Each is of one length.
        identity.update(question.identity?);
        call.update(&question.call);
    }
    body.extend_from_slice(br#"],"options":{"evaluations_semantic":"deny_on_first_deny"}}"#);
    Some(Question {
        body,
        identity: Some(identity.finalize().into()),
        call: format!("sha256:{}", base16ct::lower::encode_string(&call.finalize())),
        evaluations: Some(questions.len()),
        parameters: None,
        token: first.token.clone(),
        excused: questions.iter().all(|question| question.excused),
        credential: None,
    })
}

/// What an answer to so many says.
///
/// # Errors
/// When it is no decision on each, or a no.
pub(super) fn said(
    root: Value<'_>,
    asked: usize,
    origins: &Origins,
    now: Timestamp,
) -> Result<Decision, InvalidAnswer> {
    let list = root.get("evaluations").filter(|list| list.kind() == Kind::Array);
    let list = list.ok_or(InvalidAnswer::NoDecision)?;
    if list.len() > asked {
        return Err(InvalidAnswer::NoDecision);
    }
    let mut terms = Terms::default();
    for evaluation in list.elements() {
        let (permits, context) = authzen::said(evaluation)?;
        if !permits {
            let approval = context.and_then(|context| approval(context, origins));
            return Ok(Decision::Deny(approval.map_or(Denied::Finally, Denied::Unapproved), Terms::default()));
        }
        if context.is_some_and(|context| !Terms::read(context, now).is_empty()) {
            terms.unmet.push("a decision on one of several actions can't bring conditions".into());
        }
    }
    // The answers are in the order of the questions; on those behind the last of them it says nothing.
    Ok(if list.len() == asked { Decision::Permit(terms) } else { Decision::Deny(Denied::Finally, Terms::default()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits, Tape};

    fn read(body: &str, asked: usize) -> Result<Decision, InvalidAnswer> {
        let document = Document::read(body.as_bytes(), &Limits::default(), Tape::default());
        let document = document.map_err(InvalidAnswer::Json)?;
        said(document.root(), asked, &Origins(vec!["https://pdp.example.com".into()]), Timestamp::from_secs(0))
    }

    fn question(body: &str, change: impl FnOnce(&mut Question)) -> Question {
        let mut question = Question {
            body: body.into(),
            identity: Some([1; 32]),
            call: "sha256:1".into(),
            evaluations: None,
            parameters: None,
            token: None,
            excused: true,
            credential: None,
        };
        change(&mut question);
        question
    }

    #[test]
    fn all_must_be_permitted_and_none_forgotten() {
        let permit = Ok(Decision::Permit(Terms::default()));
        let deny = Ok(Decision::Deny(Denied::Finally, Terms::default()));
        for (body, expected) in [
            (r#"{"evaluations":[{"decision":true},{"decision":true,"context":{}}]}"#, permit.clone()),
            (r#"{"evaluations":[{"decision":true},{"decision":false}]}"#, deny.clone()),
            (r#"{"evaluations":[{"decision":false}]}"#, deny.clone()),
            (r#"{"evaluations":[{"decision":true}]}"#, deny.clone()),
            (r#"{"evaluations":[]}"#, deny),
        ] {
            assert_eq!(read(body, 2), expected, "{body}");
        }
        for body in [
            r#"{"decision":true}"#,
            r#"{"evaluations":{"0":{"decision":true},"1":{"decision":true}}}"#,
            r#"{"evaluations":[{"decision":true},{"decision":"true"}]}"#,
            r#"{"evaluations":[{"decision":true},true]}"#,
            r#"{"evaluations":[{"decision":true},{"decision":true},{"decision":true}]}"#,
        ] {
            assert_eq!(read(body, 2), Err(InvalidAnswer::NoDecision), "{body}");
        }
    }

    #[test]
    fn the_first_no_may_say_where_a_person_is_asked() {
        let body = r#"{"evaluations":[{"decision":true},
            {"decision":false,"context":{"access_request":{"form_url":"https://pdp.example.com/7"}}}]}"#;
        let Ok(Decision::Deny(Denied::Unapproved(approval), _)) = read(body, 2) else { panic!("{:?}", read(body, 2)) };
        assert_eq!(approval.url, "https://pdp.example.com/7");
    }

    #[test]
    fn conditions_of_one_make_it_a_no() {
        let body = r#"{"evaluations":[{"decision":true},{"decision":true,"context":{"narrow":{"/limit":1}}}]}"#;
        assert!(matches!(read(body, 2), Ok(Decision::Permit(terms)) if !terms.unmet.is_empty()));
    }

    #[test]
    fn questions_stand_side_by_side() {
        let two = [question(r#"{"a":1}"#, |_| {}), question(r#"{"b":2}"#, |it| it.excused = false)];
        let both = together(&two).unwrap();
        let text = r#"{"evaluations":[{"a":1},{"b":2}],"options":{"evaluations_semantic":"deny_on_first_deny"}}"#;
        assert_eq!(String::from_utf8(both.body).unwrap(), text);
        assert_eq!((both.evaluations, both.excused), (Some(2), false));
        let other = question("{}", |it| it.identity = Some([2; 32]));
        assert_ne!(both.identity, together(&[two[0].clone(), other]).unwrap().identity);
    }

    #[test]
    fn what_is_of_one_call_is_asked_alone() {
        let plain = || question("{}", |_| {});
        assert_eq!(together(&[plain(), question("{}", |it| it.identity = None)]), None);
        assert_eq!(together(&[plain(), question("{}", |it| it.evaluations = Some(1))]), None);
        assert_eq!(together(&[]), None);
    }
}
