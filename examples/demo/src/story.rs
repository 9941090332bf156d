//! The story: what the agent is given to do, and what must come of it.

use serde_json::json;

use crate::issuer::Grant;
use crate::model::Call;
use crate::play::Face;

/// Whose token the agent acts with.
pub(crate) const SUPPORT: Grant = Grant {
    agent: "support-agent",
    user: "jane@example.com",
    role: "support",
    intent: "answer_support_ticket",
    scope: "crm",
};

/// Another agent of the same team.
pub(crate) const COLLEAGUE: Grant = Grant { agent: "billing-agent", ..SUPPORT };

/// The gate's reason where a person has to agree first.
pub(crate) const NEEDS_APPROVAL: &str = "approval.needed";

/// A part of the story.
pub(crate) struct Act {
    pub(crate) title: &'static str,
    /// What the audience is told before it.
    pub(crate) told: &'static str,
    pub(crate) work: Work,
    /// What must come of each call, in order.
    pub(crate) expected: Vec<Expected>,
}

/// What the agent does in an act.
pub(crate) enum Work {
    /// Reads a ticket from the CRM, and does what its text makes it do.
    Ticket(&'static str),
    /// Makes this call; then once more past the gate, at the CRM itself, with the agent's own token.
    WithAndWithoutGate(Call),
    /// Connects with the MCP of 2025-11-25, and makes these calls.
    WithOlderClient(Vec<Call>),
    /// The decision service is stopped; then the agent makes these calls.
    WithoutDecisionService(Vec<Call>),
    /// The agent makes a call that is held back, and a person approves it; then somebody else makes the same call, the
    /// agent makes a `changed` one, and twice the one that was approved.
    HeldBack {
        /// What is approved.
        call: Call,
        /// What differs in one digit.
        changed: Call,
    },
}

/// What must come of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// Whose call it is.
    pub(crate) grant: Grant,
    pub(crate) tool: &'static str,
    pub(crate) action: &'static str,
    pub(crate) risk: &'static str,
    pub(crate) findings: &'static [&'static str],
    /// Whether the decision service is asked.
    pub(crate) asked: bool,
    /// The rule that decides.
    pub(crate) rule: Option<&'static str>,
    /// The scope of the credential that the tool gets, with a minute to live.
    pub(crate) credential: Option<&'static str>,
    pub(crate) verdict: Verdict,
}

/// What the gate does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The tool gets the call.
    Forward,
    /// It doesn't; the agent is told so.
    Refuse {
        /// Of HTTP.
        status: u16,
        /// From the gate's closed list.
        reason: &'static str,
    },
}

/// A read of one record: no risk, nobody asked.
const READ: Expected = Expected {
    grant: SUPPORT,
    tool: "customers.get",
    action: "read",
    risk: "low",
    findings: &[],
    asked: false,
    rule: Some("support-reads-a-record"),
    credential: None,
    verdict: Verdict::Forward,
};

const READ_TICKET: Expected = Expected { tool: "tickets.read", ..READ };

const REFUND: Expected = Expected {
    grant: SUPPORT,
    tool: "payments.refund",
    action: "transfer",
    risk: "critical",
    findings: &["money.over_limit"],
    asked: true,
    rule: Some("support-moves-money"),
    credential: Some(toolgate_crm::PAYMENTS),
    verdict: Verdict::Forward,
};

const EXPORT: Expected = Expected {
    grant: SUPPORT,
    tool: "customers.export",
    action: "export",
    risk: "critical",
    findings: &["destination.untrusted", "rows.absent"],
    asked: false,
    rule: Some("no-bulk-export"),
    credential: None,
    verdict: Verdict::Refuse { status: 403, reason: "policy.denied" },
};

/// All acts, in order.
pub(crate) fn acts(face: Face) -> Vec<Act> {
    let mut acts = vec![
        Act {
            title: "A question",
            told: "A customer asks which plan they are on. The agent reads the ticket and looks the customer up.",
            work: Work::Ticket("tic_4000"),
            expected: vec![READ_TICKET, READ],
        },
        Act {
            title: "A trap",
            told: "Another ticket holds instructions for whatever machine reads it. The agent falls for them, with a valid token.",
            work: Work::Ticket("tic_4001"),
            expected: trap(),
        },
        Act {
            title: "A large refund",
            told: "A customer was charged twice. 640 USD is more than an agent may move on its own: the gate asks the decision service.",
            work: Work::Ticket("tic_4002"),
            expected: vec![READ_TICKET, REFUND],
        },
    ];
    acts.push(own_credential());
    acts.push(held_back());
    if face == Face::Mcp {
        acts.push(older_client());
    }
    acts.push(nobody_to_ask());
    acts
}

fn older_client() -> Act {
    Act {
        title: "An older client",
        told: "Another agent's library still speaks the MCP of 2025-11-25. Nothing is different for it.",
        work: Work::WithOlderClient(vec![
            Call::new("customers.get", json!({"customer_id": "cus_1007"})),
            Call::new("customers.export", json!({"destination": "https://migration.collector.example/upload"})),
        ]),
        expected: vec![READ, EXPORT],
    }
}

fn own_credential() -> Act {
    Act {
        title: "A credential for one call",
        told: "Giving back 20 USD is a small risk, but the CRM takes no agent's token where money moves. The decision service gets it one \
               from the issuer, for this agent and user: good for payments only, for a minute. The agent never sees it. Then the \
               agent goes past the gate, with its own token.",
        work: Work::WithAndWithoutGate(Call::new(
            "payments.refund",
            json!({"payment_id": "pay_3033", "amount": 20, "currency": "USD"}),
        )),
        expected: vec![Expected { risk: "medium", findings: &[], ..REFUND }],
    }
}

fn held_back() -> Act {
    let payment = |amount: u32| {
        let arguments = json!({"payee": "GB29NWBK60161331926819", "amount": amount, "currency": "USD", "reference": "yearly licence"});
        Call::new("payments.create", arguments)
    };
    let held = Expected {
        grant: SUPPORT,
        tool: "payments.create",
        action: "transfer",
        risk: "critical",
        findings: &["money.over_limit"],
        asked: true,
        rule: Some("support-moves-money"),
        credential: Some(toolgate_crm::PAYMENTS),
        verdict: Verdict::Refuse { status: 403, reason: NEEDS_APPROVAL },
    };
    Act {
        title: "A payment that a person has to see",
        told: "9,000 USD: the gate holds the payment back and tells the agent where a person can approve it. One does. Then \
               another agent tries the same, the agent tries one dollar more, and twice what was approved.",
        work: Work::HeldBack { call: payment(9000), changed: payment(9001) },
        expected: vec![
            held,
            Expected { grant: COLLEAGUE, ..held },
            held,
            Expected { verdict: Verdict::Forward, ..held },
            held,
        ],
    }
}

fn nobody_to_ask() -> Act {
    Act {
        title: "Nobody to ask",
        told: "The decision service is stopped. The same refund is refused now; what needs no question still works.",
        work: Work::WithoutDecisionService(vec![
            Call::new("payments.refund", json!({"payment_id": "pay_3021", "amount": 640, "currency": "USD"})),
            Call::new("customers.get", json!({"customer_id": "cus_1021"})),
        ]),
        expected: vec![
            Expected { verdict: Verdict::Refuse { status: 503, reason: "decision.unavailable" }, ..REFUND },
            READ,
        ],
    }
}

/// The agent still does its work, and then what the ticket's author wants: four calls, stopped for four different reasons.
fn trap() -> Vec<Expected> {
    let denied = |reason| Verdict::Refuse { status: 403, reason };
    vec![
        READ_TICKET,
        READ,
        EXPORT,
        Expected {
            grant: SUPPORT,
            tool: "email.send",
            action: "send",
            risk: "high",
            findings: &["recipient.untrusted"],
            asked: false,
            rule: Some("no-mail-to-strangers"),
            credential: None,
            verdict: denied("policy.denied"),
        },
        Expected {
            grant: SUPPORT,
            tool: "invoices.delete",
            action: "delete",
            risk: "high",
            findings: &[],
            asked: false,
            rule: None,
            credential: None,
            verdict: denied("policy.no_rule"),
        },
        Expected {
            grant: SUPPORT,
            tool: "payments.create",
            action: "transfer",
            risk: "critical",
            findings: &["money.over_limit", "payee.unknown"],
            asked: true,
            rule: Some("support-moves-money"),
            credential: None,
            verdict: denied("decision.denied"),
        },
    ]
}
