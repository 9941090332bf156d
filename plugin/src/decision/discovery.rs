//! Where the decision service is asked: as configured, or as it says itself.
//!
//! Source: AuthZEN Authorization API 1.0 section 9, "Policy Decision Point Metadata". The document is fetched like what
//! issuers publish, once for all workers (see [`crate::remote`]). It may choose paths and no more: whoever can bend it must
//! not be able to send questions, and the secrets beside them, to a place of their own.

use std::sync::Arc;

use super::Question;
use crate::json::{Document, Limits, Tape, Value};
use crate::remote::{Copy, Lease, Source, Task};
use crate::time::Timestamp;
use crate::token::UnusableDocument;

/// Metadata are a dozen members.
const MAX_METADATA: usize = 64 << 10;

/// Section 9.2: what stands in front of the identity's path.
const WELL_KNOWN: &str = "/.well-known/authzen-configuration";

/// Where the service is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// As the configuration says.
    Configured(Endpoints),
    /// As the service says.
    Published(Box<Discovery>),
}

/// `:path` of what decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// On one question.
    pub evaluation: Arc<str>,
    /// On several at once, where it can.
    pub evaluations: Option<Arc<str>>,
}

impl Endpoints {
    fn of(&self, question: &Question) -> Option<Arc<str>> {
        if question.evaluations.is_some() { self.evaluations.clone() } else { Some(Arc::clone(&self.evaluation)) }
    }
}

/// What is published about the service, and by what it is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// Where the document is.
    pub source: Source,
    /// The service's identity, which the document must repeat letter for letter.
    pub identity: String,
}

impl Discovery {
    /// `:path` of the document about the service at `path`.
    #[must_use]
    pub fn path(path: &str) -> String {
        format!("{WELL_KNOWN}{}", path.trim_end_matches('/'))
    }

    /// What a document says.
    ///
    /// # Errors
    /// When it can't be used.
    fn read(&self, document: &[u8]) -> Result<Endpoints, UnusableDocument> {
        let unusable = |why: &str| UnusableDocument(why.into());
        let limits = Limits { bytes: MAX_METADATA, ..Limits::default() };
        let document = Document::read(document, &limits, Tape::default())
            .map_err(|invalid| UnusableDocument(format!("it is not JSON with a single meaning: {invalid}")))?;
        let root = document.root();
        if root.get("policy_decision_point").and_then(Value::as_str).as_deref() != Some(&self.identity) {
            return Err(unusable(
                "its `policy_decision_point` is not the service that is configured, letter for letter",
            ));
        }
        let evaluation = root.get("access_evaluation_endpoint").map(|endpoint| self.path_of(endpoint));
        let evaluations = root.get("access_evaluations_endpoint").map(|endpoint| self.path_of(endpoint));
        let astray = || unusable("an endpoint is no URL at the service's own scheme, host and port");
        Ok(Endpoints {
            evaluation: evaluation
                .ok_or_else(|| unusable("it names no `access_evaluation_endpoint`"))?
                .ok_or_else(astray)?,
            evaluations: evaluations.map(|path| path.ok_or_else(astray)).transpose()?,
        })
    }

    /// The path of an endpoint at the service's origin.
    fn path_of(&self, endpoint: Value<'_>) -> Option<Arc<str>> {
        let url = endpoint.as_str()?;
        self.source.path_of(&url).ok().filter(|path| !path.contains('?')).map(Arc::from)
    }
}

/// One worker's copy of what the service says of itself.
#[derive(Debug, Default)]
pub struct Directory {
    copy: Copy,
    endpoints: Option<Endpoints>,
}

impl Directory {
    /// The usual endpoints, as if they had been published: for where nothing is fetched.
    #[must_use]
    pub fn assumed(now: Timestamp) -> Self {
        let mut copy = Copy::default();
        copy.loaded(now, true);
        let endpoints = Endpoints {
            evaluation: "/access/v1/evaluation".into(),
            evaluations: Some("/access/v1/evaluations".into()),
        };
        Self { copy, endpoints: Some(endpoints) }
    }

    /// What to do, now that the lease was read.
    pub fn tick(&mut self, discovery: &Discovery, now: Timestamp, lease: Lease) -> Task {
        self.copy.tick(&discovery.source, now, lease)
    }

    /// Takes over a version of the document.
    ///
    /// # Errors
    /// When it can't be used; the version before it then goes on.
    pub fn load(&mut self, discovery: &Discovery, version: Timestamp, document: &[u8]) -> Result<(), UnusableDocument> {
        let read = discovery.read(document);
        self.copy.loaded(version, read.is_ok());
        self.endpoints = Some(read?);
        Ok(())
    }

    /// Our own fetch came to nothing.
    pub fn failed(&mut self) {
        self.copy.failed();
    }

    /// `:path` of that question.
    ///
    /// # Errors
    /// Why there is none, for an operator.
    pub fn path(
        &mut self,
        whereabouts: &Whereabouts,
        question: &Question,
        now: Timestamp,
    ) -> Result<Arc<str>, &'static str> {
        let endpoints = match whereabouts {
            Whereabouts::Configured(endpoints) => Some(endpoints),
            Whereabouts::Published(discovery) if now < self.copy.good_until(&discovery.source) => {
                self.endpoints.as_ref()
            }
            Whereabouts::Published(_) => None,
        };
        match endpoints {
            Some(endpoints) => endpoints.of(question).ok_or("it tells of no endpoint for several questions at once"),
            None => {
                self.copy.want();
                Err("what it publishes about itself isn't there, or can't be used")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discovery() -> Discovery {
        let source = Source::example("pdp", &Discovery::path("/tenant"));
        Discovery { source, identity: "https://pdp.example.com/tenant".into() }
    }

    fn read(change: &str) -> Result<Endpoints, UnusableDocument> {
        let members = r#""policy_decision_point":"https://pdp.example.com/tenant","access_evaluation_endpoint":"https://pdp.example.com/x""#;
        discovery().read(format!("{{{members}{change}}}").as_bytes())
    }

    #[test]
    fn the_document_lies_in_front_of_the_path() {
        assert_eq!(Discovery::path(""), "/.well-known/authzen-configuration");
        assert_eq!(Discovery::path("/"), "/.well-known/authzen-configuration");
        assert_eq!(Discovery::path("/tenant/"), "/.well-known/authzen-configuration/tenant");
    }

    #[test]
    fn a_document_chooses_paths_and_nothing_else() {
        let several = r#","access_evaluations_endpoint":"#;
        let endpoints =
            read(&format!(r#"{several}"https://pdp.example.com/all","search_subject_endpoint":7"#)).unwrap();
        assert_eq!((&*endpoints.evaluation, endpoints.evaluations.as_deref()), ("/x", Some("/all")));
        assert_eq!(read("").unwrap().evaluations, None);
        for elsewhere in [
            "https://evil.example/x",
            "https://pdp.example.com.evil.example/x",
            "https://pdp.example.com:444/x",
            "https://pdp.example.com@evil.example/x",
            "http://pdp.example.com/x",
            "HTTPS://pdp.example.com/x",
            "https://pdp.example.com",
            "https://pdp.example.com/x?y",
            "https://pdp.example.com/x y",
            "/x",
            "",
        ] {
            assert!(read(&format!("{several}\"{elsewhere}\"")).is_err(), "{elsewhere}");
        }
        for wrong in ["7", "null", "[]", r#"["https://pdp.example.com/x"]"#] {
            assert!(read(&format!("{several}{wrong}")).is_err(), "{wrong}");
        }
        assert!(read(r#","policy_decision_point":"https://pdp.example.com/tenant""#).is_err(), "twice");
    }

    #[test]
    fn another_identity_is_another_service() {
        for identity in
            ["https://pdp.example.com/tenant/", "https://pdp.example.com", "https://PDP.example.com/tenant", ""]
        {
            let document = format!(
                r#"{{"policy_decision_point":"{identity}","access_evaluation_endpoint":"https://pdp.example.com/x"}}"#
            );
            assert!(discovery().read(document.as_bytes()).is_err(), "{identity}");
        }
        assert!(discovery().read(b"{}").is_err());
        assert!(discovery().read(b"[]").is_err());
    }
}
