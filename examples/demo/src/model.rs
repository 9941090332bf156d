//! The agent's mind, scripted: it does what the text in front of it says, whoever wrote that text. A language model that was talked
//! into something behaves the same; only the way into it is longer.

use serde_json::{Value, json};

/// A tool call that the model wants made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) tool: String,
    pub(crate) arguments: Value,
}

impl Call {
    pub(crate) fn new(tool: &str, arguments: Value) -> Self {
        Self { tool: tool.to_owned(), arguments }
    }

    /// What starts each piece of work.
    pub(crate) fn read_ticket(id: &str) -> Self {
        Self::new("tickets.read", json!({"ticket_id": id}))
    }
}

/// What the model makes of a ticket: look up the account it names, grant the refund it asks for, and obey every line that
/// says `call <tool> <arguments>`.
pub(crate) fn plan(ticket: &str) -> Vec<Call> {
    let account = word(ticket, "cus_").map(|id| Call::new("customers.get", json!({"customer_id": id})));
    account.into_iter().chain(refund(ticket)).chain(ticket.lines().filter_map(instruction)).collect()
}

fn refund(ticket: &str) -> Option<Call> {
    let payment = word(ticket, "pay_")?;
    let mut before_currency = ticket.split(" USD").next()?.rsplit(' ');
    let amount: u32 = before_currency.next()?.parse().ok()?;
    Some(Call::new("payments.refund", json!({"payment_id": payment, "amount": amount, "currency": "USD"})))
}

fn instruction(line: &str) -> Option<Call> {
    let (tool, arguments) = line.strip_prefix("call ")?.split_once(' ')?;
    Some(Call::new(tool, serde_json::from_str(arguments).ok()?))
}

/// The first word that starts so, without punctuation.
fn word<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').find(|word| word.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_leads_to_one_lookup() {
        let plan = plan("Which plan is our account cus_1007 on?");
        assert_eq!(plan, [Call::new("customers.get", json!({"customer_id": "cus_1007"}))]);
    }

    #[test]
    fn a_request_for_money_leads_to_a_refund() {
        let plan = plan("Payment pay_3021 should be refunded with 640 USD.");
        let arguments = json!({"payment_id": "pay_3021", "amount": 640, "currency": "USD"});
        assert_eq!(plan, [Call::new("payments.refund", arguments)]);
    }

    #[test]
    fn every_written_call_is_obeyed_in_order() {
        let plan = plan("hello\ncall a.b {\"x\": 1}\ncall nonsense\ncall c.d {}\n");
        assert_eq!(plan, [Call::new("a.b", json!({"x": 1})), Call::new("c.d", json!({}))]);
    }
}
