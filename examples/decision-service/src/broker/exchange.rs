//! The exchange over HTTP (RFC 8693 section 2): one form there, one bounded answer back.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::{Client, Response, Url, header::ACCEPT, redirect::Policy};

use super::{
    TokenExchange,
    assertion::{Parties, Signer},
    issued::{self, ACCESS_TOKEN},
    wish::{LONGEST, Wish},
};
use crate::{answer::Credential, approvals::now, authzen::Evaluation};

/// The token may have 7 KiB; what stands beside it has less than one.
const MAX_ANSWER: usize = 16 * 1024;

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Gets credentials from one issuer, and keeps none of them: each call has its own.
pub(crate) struct Broker {
    client: Client,
    endpoint: Url,
    signer: Signer,
    name: String,
    resource: String,
    lifetime: Duration,
}

impl Broker {
    /// # Errors
    /// What is wrong with the settings.
    pub(crate) fn new(settings: &TokenExchange) -> anyhow::Result<Self> {
        let TokenExchange { endpoint, issuer, client: name, key, resource, lifetime, timeout } = settings;
        // A redirect could lead what we sign to somebody else, and a proxy of the environment is nobody we chose.
        let client = Client::builder().timeout(*timeout).redirect(Policy::none()).no_proxy().build()?;
        let endpoint: Url = endpoint.parse().with_context(|| format!("`{endpoint}` is no URL"))?;
        anyhow::ensure!(endpoint.scheme() == "http", "`{endpoint}` must be an `http` URL: TLS is for a proxy beside");
        anyhow::ensure!(
            !lifetime.is_zero() && *lifetime <= LONGEST && lifetime.subsec_nanos() == 0,
            "a credential lives a whole number of seconds, from 1 to {}",
            LONGEST.as_secs()
        );
        let signer = Signer::new(key, name, issuer)?;
        Ok(Self { client, endpoint, signer, name: name.clone(), resource: resource.clone(), lifetime: *lifetime })
    }

    pub(super) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// A credential for whom this question is about.
    ///
    /// # Errors
    /// Why there is none, without anything secret.
    pub(super) async fn exchange(&self, asked: &Evaluation<'_>, wish: &Wish) -> Result<Credential, String> {
        let parties = Parties::of(asked).ok_or("the question names no agent with its issuer")?;
        let unsigned = |error: anyhow::Error| format!("{error:#}");
        let subject = self.signer.on_behalf(parties, wish.lifetime).map_err(unsigned)?;
        let authentication = self.signer.authentication().map_err(unsigned)?;
        let form = [
            ("grant_type", TOKEN_EXCHANGE),
            ("client_id", &self.name),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", &authentication),
            ("subject_token_type", JWT),
            ("subject_token", &subject),
            ("requested_token_type", ACCESS_TOKEN),
            ("resource", &self.resource),
            ("scope", &wish.scope),
        ];
        let asked_at = now();
        let request = self.client.post(self.endpoint.clone()).header(ACCEPT, "application/json").form(&form);
        let response = request.send().await.map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        issued::read(status, &bounded(response).await?, wish, asked_at)
    }
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len().saturating_add(piece.len()) > MAX_ANSWER {
            return Err(format!("the issuer's answer is longer than {MAX_ANSWER} bytes"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn failure(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "took too long"
    } else if error.is_connect() {
        "can't be reached"
    } else {
        "broke off"
    };
    format!("the issuer {what}")
}
