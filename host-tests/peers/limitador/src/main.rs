//! A rate limit service for Envoy (`envoy.service.ratelimit.v3`) on the crate `limitador`, its counters in Redis.
//!
//! `toolgate-limitador LIMITS REDIS`: a file of limits as limitador's own server reads them, and the URL of a Redis. Says on
//! its output where it listens.
//!
//! **Each descriptor counts for itself**, by its own `hits_addend`: one request uses one call, 40 rows and 300 of money. For
//! that reason limitador's own server isn't used here: it adds the request's one number to whatever limit a request meets.
//!
//! **A request that is refused uses up nothing.** All its budgets are looked at first, and used only if each has room. Between
//! looking and using, another gateway's request may come: then a budget is passed by what was under way, which is as exact as
//! limitador is with Redis (its documentation, "Limits accuracy").

use std::collections::HashMap;
use std::net::Ipv4Addr;

use anyhow::{Context as _, Result};
use envoy_types::pb::envoy::extensions::common::ratelimit::v3::RateLimitDescriptor;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::Code;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_service_server::{
    RateLimitService, RateLimitServiceServer,
};
use envoy_types::pb::envoy::service::ratelimit::v3::{RateLimitRequest, RateLimitResponse};
use limitador::AsyncRateLimiter;
use limitador::limit::Limit;
use limitador::storage::redis::AsyncRedisStorage;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// More than this Envoy never sends, and sums of it don't overflow.
const MOST: u64 = 1_000_000_000;

struct Budgets(AsyncRateLimiter);

#[tonic::async_trait]
impl RateLimitService for Budgets {
    async fn should_rate_limit(
        &self,
        request: Request<RateLimitRequest>,
    ) -> Result<Response<RateLimitResponse>, Status> {
        let RateLimitRequest { domain, descriptors, hits_addend } = request.into_inner();
        let domain = domain.into();
        let hits = |descriptor: &RateLimitDescriptor| {
            // Not set, it is one.
            let hits = descriptor.hits_addend.as_ref().map_or(u64::from(hits_addend.max(1)), |own| own.value);
            i64::try_from(hits.min(MOST)).unwrap_or_default()
        };
        for descriptor in &descriptors {
            let limited = self.0.is_rate_limited(&domain, &named(descriptor), hits(descriptor)).await;
            if limited.map_err(unavailable)? {
                return Ok(answer(Code::OverLimit));
            }
        }
        for descriptor in &descriptors {
            let used = self.0.update_counters(&domain, &named(descriptor), hits(descriptor)).await;
            used.map_err(unavailable)?;
        }
        Ok(answer(Code::Ok))
    }
}

fn answer(code: Code) -> Response<RateLimitResponse> {
    Response::new(RateLimitResponse { overall_code: code.into(), ..RateLimitResponse::default() })
}

/// Envoy lets pass what it gets the code `UNKNOWN` for; what becomes of an error, `failure_mode_deny` says.
fn unavailable(error: impl std::error::Error) -> Status {
    eprintln!("{error}");
    Status::unavailable("the counters can't be reached")
}

/// The entries of a descriptor, as limits name them.
fn named(descriptor: &RateLimitDescriptor) -> HashMap<String, String> {
    descriptor.entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (limits, redis) = (arguments.next(), arguments.next());
    let (limits, redis) = limits.zip(redis).context("usage: toolgate-limitador LIMITS REDIS")?;
    let text = std::fs::read_to_string(&limits).with_context(|| format!("can't read `{limits}`"))?;
    let written: Vec<Limit> = serde_saphyr::from_str(&text).with_context(|| format!("in `{limits}`"))?;
    let storage = AsyncRedisStorage::new(&redis).await.map_err(|error| anyhow::anyhow!("{error}"))?;
    let limiter = AsyncRateLimiter::new_with_storage(Box::new(storage));
    for limit in written {
        limiter.add_limit(limit);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    let service = RateLimitServiceServer::new(Budgets(limiter));
    Server::builder().add_service(service).serve_with_incoming(TcpIncoming::from(listener)).await?;
    Ok(())
}
