//! The page on which a person sees what an agent wants. Plain HTML, no script: it works with a keyboard, on a phone, in
//! a reader, in light and dark, and nothing an agent wrote can run in it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::approvers::Approvers;
use super::database::Request;
use super::words::{action, visible};
use super::{Seconds, rfc3339};

/// The style, served beside the page: no style stands in it, so its policy can forbid any.
pub(super) const STYLE: &str = include_str!("page.css");

/// What is shown once something was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// The name and the code don't belong together.
    NotRecognised,
    /// Somebody else was first, or it has expired.
    TooLate,
    /// Neither approve nor refuse was said.
    Nothing,
}

impl Notice {
    const fn text(self) -> &'static str {
        match self {
            Self::NotRecognised => "You were not recognised. Nothing was changed.",
            Self::TooLate => "This request was answered already, or has expired. Nothing was changed.",
            Self::Nothing => "Choose one of the two buttons. Nothing was changed.",
        }
    }
}

/// The page of a request.
pub(super) fn page(request: &Request, approvers: &Approvers, notice: Option<Notice>, now: Seconds) -> String {
    if request.question.is_null() {
        let mut html = opening("This request is over");
        html.push_str(&state(request, now));
        html.push_str("<p>What it was about is no longer kept.</p></main></body></html>");
        return html;
    }
    let asked = Asked::of(&request.question);
    let mut html = opening(&format!("{} wants to {}", asked.agent, asked.action));
    if let Some(notice) = notice {
        let _ = write!(html, "<p class=notice role=alert>{}</p>", notice.text());
    }
    let _ = write!(html, "<p class=why>{}</p>", escape(&request.why));
    html.push_str(&state(request, now));
    html.push_str(&asked.facts());
    html.push_str(&asked.parameters());
    html.push_str(&asked.risk());
    let _ = write!(
        html,
        "<p class=times>Asked at <time>{}</time>. {} until <time>{}</time>.</p>",
        rfc3339(request.asked_at),
        if request.state == "pending" { "It waits for an answer" } else { "The answer counts" },
        rfc3339(request.expires_at)
    );
    if request.state == "pending" && request.expires_at > now {
        html.push_str(&form(approvers));
    }
    html.push_str("</main></body></html>");
    html
}

/// The page where there is no such request.
pub(super) fn nothing() -> String {
    let mut html = opening("There is nothing here");
    html.push_str("<p>This link leads to no request for approval.</p></main></body></html>");
    html
}

fn opening(title: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width, initial-scale=1\">\
         <meta name=color-scheme content=\"light dark\"><title>{title}</title><link rel=stylesheet href=style.css></head>\
         <body><main><h1>{title}</h1>"
    )
}

fn state(request: &Request, now: Seconds) -> String {
    let who = escape(request.decided_by.as_deref().unwrap_or_default());
    let at = rfc3339(request.decided_at.unwrap_or_default());
    let (class, text) = match (request.state.as_str(), request.uses_left) {
        ("approved", 0) => ("approved", format!("Approved by {who} at {at}, and used.")),
        ("approved", _) => ("approved", format!("Approved by {who} at {at}. The agent may try again now.")),
        ("refused", _) => ("refused", format!("Refused by {who} at {at}.")),
        _ if request.expires_at <= now => ("refused", "Nobody answered in time. It has expired.".to_owned()),
        _ => ("pending", "Nobody has answered yet.".to_owned()),
    };
    let mut html = format!("<p class=\"state {class}\" role=status id=state>{text}</p>");
    if let Some(reason) = request.reason.as_deref().filter(|reason| !reason.is_empty()) {
        let _ = write!(html, "<p>Reason: {}</p>", escape(reason));
    }
    html
}

fn form(approvers: &Approvers) -> String {
    let person = match approvers {
        Approvers::Nobody => {
            return "<p class=notice>This service was started without anybody who may answer.</p>".to_owned();
        }
        Approvers::Header(_) => "",
        Approvers::Codes(_) => {
            "<label for=name>Your name</label><input id=name name=name autocomplete=username required>\
             <label for=code>Your code</label><input id=code name=code type=password autocomplete=current-password required>"
        }
    };
    format!(
        "<form method=post><h2>Your answer</h2><p>It counts for exactly this call: any other amount, account or agent has to ask again.</p>\
         {person}<label for=reason>Why (kept with your answer)</label><textarea id=reason name=reason rows=3 maxlength=500></textarea>\
         <div class=buttons><button name=verdict value=approve class=approve>Approve this call</button>\
         <button name=verdict value=refuse class=refuse>Refuse</button></div></form>"
    )
}

/// What the gate asked, as far as a page shows it. Whatever is missing is shown as missing.
struct Asked<'a> {
    agent: &'a str,
    user: Option<&'a str>,
    action: &'static str,
    tool: &'a str,
    server: &'a str,
    resource: Option<&'a Map<String, Value>>,
    parameters: Option<&'a Map<String, Value>>,
    risk: Option<&'a Value>,
}

impl<'a> Asked<'a> {
    fn of(question: &'a Value) -> Self {
        let text = |pointer: &str| question.pointer(pointer).and_then(Value::as_str);
        Self {
            agent: text("/subject/id").unwrap_or("An unknown agent"),
            user: text("/subject/properties/user"),
            action: action(text("/action/name").unwrap_or_default()),
            tool: text("/action/properties/tool").unwrap_or_default(),
            server: text("/action/properties/server").unwrap_or_default(),
            resource: question.pointer("/resource").and_then(Value::as_object),
            parameters: question.pointer("/context/parameters").and_then(Value::as_object),
            risk: question.pointer("/context/risk"),
        }
    }

    fn facts(&self) -> String {
        let resource = |name: &str| self.resource.and_then(|resource| resource.get(name)?.as_str()).unwrap_or_default();
        let rows = [
            ("Agent", self.agent.to_owned()),
            ("For", self.user.unwrap_or("nobody in particular").to_owned()),
            ("Tool", format!("{} of {}", self.tool, self.server)),
            ("On", format!("{} {}", resource("type"), resource("id"))),
        ];
        let rows = rows.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value)));
        format!("<dl>{}</dl>", rows.collect::<String>())
    }

    fn parameters(&self) -> String {
        let rows = self.parameters.into_iter().flatten().map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            format!("<tr><th scope=row>{}</th><td>{}</td></tr>", escape(name), escape(&text))
        });
        let rows: String = rows.collect();
        if rows.is_empty() {
            return "<h2>Exactly this</h2><p>No parameters.</p>".to_owned();
        }
        format!("<h2>Exactly this</h2><table><tbody>{rows}</tbody></table>")
    }

    fn risk(&self) -> String {
        let Some(risk) = self.risk else { return String::new() };
        let level = risk.get("level").and_then(Value::as_str).unwrap_or("unknown");
        let score = risk.get("score").map(Value::to_string).unwrap_or_default();
        let findings = risk.get("findings").and_then(Value::as_array).into_iter().flatten().map(|finding| {
            let text = |name: &str| finding.get(name).and_then(Value::as_str).unwrap_or_default();
            let what = if text("detail").is_empty() { text("code") } else { text("detail") };
            format!("<li>{} <code>{}</code></li>", escape(what), escape(text("pointer")))
        });
        let findings: String = findings.collect();
        let list = if findings.is_empty() { String::new() } else { format!("<ul>{findings}</ul>") };
        format!("<h2>Risk: <span class=\"level {}\">{}</span>, {score} of 100</h2>{list}", escape(level), escape(level))
    }
}

/// Text as it may stand in HTML, in an element or in a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in visible(text).chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_is_forgotten_still_says_how_it_ended() {
        let request = Request {
            question: Value::Null,
            why: String::new(),
            asked_at: 100,
            expires_at: 1000,
            state: "refused".to_owned(),
            decided_by: Some("ann".to_owned()),
            decided_at: Some(200),
            reason: Some("no".to_owned()),
            uses_left: 1,
        };
        let html = page(&request, &Approvers::Nobody, None, 2000);
        assert!(html.contains("Refused by ann") && html.contains("no longer kept"), "{html}");
        assert!(!html.contains("<form") && !html.contains("wants to"), "{html}");
    }
}
