//! From the configuration as written to the form that requests use. Every complaint is gathered, with its place.

pub mod risk;
pub mod routes;

/// A JSON pointer's token for the name of a member (RFC 6901 section 3).
fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
