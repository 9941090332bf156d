//! What the audience reads.

use std::io::IsTerminal;

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width};
use serde_json::Value;
use toolgate_crm::{Crm, Entry, Store};

use crate::bootstrap;
use crate::check::findings;
use crate::client::Seen;
use crate::play::Face;
use crate::stage::Stage;
use crate::story::Act;
use crate::witness::Observed;

/// Where output is no terminal.
const WIDTH: u16 = 132;

/// One column each: heading, and its share of the width in percent.
const COLUMNS: [(&str, u16); 6] =
    [("the agent tried", 24), ("action", 9), ("risk", 19), ("verdict", 12), ("because", 20), ("the CRM saw", 16)];

/// Prints, with colours where there is a terminal that wants them.
pub(crate) struct Playbill {
    colours: bool,
}

impl Playbill {
    pub(crate) fn new() -> Self {
        Self { colours: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    fn bold(&self, text: &str) -> String {
        if self.colours { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(crate) fn opening(&self, face: Face, stage: &Stage) -> anyhow::Result<()> {
        let at = stage.addresses;
        println!();
        println!("{}", self.bold(&format!("A support agent and its tools, over {face}")));
        println!();
        println!(
            "  gate              http://{}  Envoy {} with the filter, policy {}",
            at.gate,
            stage.envoy_version,
            bootstrap::policy_version()?
        );
        println!(
            "  crm               http://{}  behind it; wants a token of the issuer's where money moves, checks no rights otherwise",
            at.crm
        );
        println!("  decision service  http://{}  AuthZEN, asked when the risk is high", at.decision_service);
        println!("  issuer            http://{}  made its key just now; tokens live 5 minutes", at.issuer);
        Ok(())
    }

    pub(crate) fn act(&self, number: usize, act: &Act) {
        println!();
        println!("{}", self.bold(&format!("{number}  {}", act.title)));
        println!("   {}", act.told);
    }

    /// What the agent read.
    pub(crate) fn quote(&self, ticket: &str) {
        println!();
        for line in ticket.lines().filter(|line| !line.is_empty()) {
            println!("   │ {line}");
        }
    }

    pub(crate) fn table(&self, observed: &[Observed], bare_us: u64) {
        let mut table = Table::new();
        table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
        if !std::io::stdout().is_terminal() {
            table.set_width(WIDTH);
        }
        if !self.colours {
            table.force_no_tty();
        }
        table.set_header(COLUMNS.map(|(heading, _)| Cell::new(heading).add_attribute(Attribute::Dim)));
        table.set_constraints(COLUMNS.map(|(_, share)| ColumnConstraint::Absolute(Width::Percentage(share))));
        for observed in observed {
            table.add_row([
                tried(observed),
                action(observed),
                risk(observed),
                verdict(observed, bare_us),
                because(observed),
                arrived(observed),
            ]);
        }
        println!("{table}");
    }

    /// What the CRM said to the agent itself.
    pub(crate) fn past_the_gate(&self, seen: &Seen) {
        let said = match seen {
            Seen::Failed(text) => text.clone(),
            Seen::Done(_) => "done".to_owned(),
            Seen::Refused(refusal) => refusal.message.clone(),
        };
        println!("   Past the gate, with its own token, the CRM tells the agent: {said}");
    }

    pub(crate) fn ending(&self, crm: &Crm, last_act: &[Observed], bare_us: u64, gated_us: u64, brokered: usize) {
        let (store, before) = (crm.store(), Store::default());
        let refunded: u32 = store.payments.iter().map(|payment| payment.refunded).sum();
        println!();
        println!("{}", self.bold("In the end"));
        println!(
            "   The CRM made {} exports, sent {} mails, deleted {} invoices, made {} payments and refunded {refunded} USD.",
            store.exports.len(),
            store.outbox.len(),
            before.invoices.len().saturating_sub(store.invoices.len()),
            store.payments.len().saturating_sub(before.payments.len()),
        );
        println!(
            "   The issuer gave {brokered} credentials of a minute each; every log, audit record and answer was searched for them."
        );
        println!(
            "   Envoy held a read of one customer for {bare_us} µs without the gate and for {gated_us} µs with it: medians of 100 in a row."
        );
        println!(
            "   In the tables, + is the time that Envoy held one call until it sent it on or refused it, less those {bare_us} µs."
        );
        println!("   The last act in Envoy's access log:");
        last_act.iter().for_each(|observed| println!("   {}", observed.access.line));
    }
}

fn tried(observed: &Observed) -> Cell {
    Cell::new(format!("{}\n{}", observed.call.tool, brief(&observed.call.arguments)))
}

/// The arguments' values; names are left out, people know what an address or an amount looks like.
fn brief(arguments: &Value) -> String {
    let values = arguments.as_object().into_iter().flatten().map(|(_, value)| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().unwrap_or_default()).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    });
    values.collect::<Vec<_>>().join(" · ")
}

fn action(observed: &Observed) -> Cell {
    let kind = observed.audit.resource.as_ref().map_or("", |resource| &resource.kind);
    Cell::new(format!("{}\n{kind}", observed.audit.action.as_deref().unwrap_or("unknown")))
}

fn risk(observed: &Observed) -> Cell {
    let Some(risk) = &observed.audit.risk else { return Cell::new("not rated") };
    let codes: Vec<_> = findings(observed).collect();
    let cell = Cell::new(format!("{} {}\n{}", risk.level, risk.score, codes.join("\n")));
    match risk.level.as_str() {
        "low" => cell.fg(Color::Green),
        "medium" => cell.fg(Color::Yellow),
        _ => cell.fg(Color::Red),
    }
}

fn verdict(observed: &Observed, bare_us: u64) -> Cell {
    let added = observed.access.held_us().unwrap_or_default().saturating_sub(bare_us);
    let (word, colour) = match &observed.seen {
        Seen::Done(_) => ("✔ forwarded".to_owned(), Color::Green),
        Seen::Failed(_) => ("✔ forwarded".to_owned(), Color::Yellow),
        Seen::Refused(refusal) if refusal.link.is_some() => ("⧖ held back".to_owned(), Color::Yellow),
        Seen::Refused(_) => (format!("✘ {} denied", observed.access.status), Color::Red),
    };
    Cell::new(format!("{word}\n+{}", time(added))).fg(colour)
}

/// `85 µs`, `2.5 ms`.
fn time(us: u64) -> String {
    if us < 1000 { format!("{us} µs") } else { format!("{}.{} ms", us / 1000, us % 1000 / 100) }
}

fn because(observed: &Observed) -> Cell {
    let rule = observed.audit.rule.as_deref().unwrap_or_default();
    Cell::new(match &observed.seen {
        Seen::Done(_) if observed.audit.asked => format!("{rule}, and the decision service permits it"),
        Seen::Done(_) => rule.to_owned(),
        Seen::Failed(text) => text.clone(),
        Seen::Refused(refusal) => format!("{}\n{}", refusal.message, refusal.reason),
    })
}

fn arrived(observed: &Observed) -> Cell {
    if observed.arrived.is_empty() {
        return Cell::new("nothing").add_attribute(Attribute::Dim);
    }
    Cell::new(observed.arrived.iter().map(entry).collect::<Vec<_>>().join("\n"))
}

fn entry(entry: &Entry) -> String {
    let gate = |name: &str| entry.gate.get(name).map_or("nobody", String::as_str);
    let call = entry.tool().map_or_else(|| format!("{} {}", entry.method, entry.path), ToOwned::to_owned);
    let credential = entry.credential.as_ref().map(|it| format!("\n{} for {} s", it.scope, it.seconds));
    format!("{call}\n{}{}", gate("x-agent-user"), credential.unwrap_or_default())
}
