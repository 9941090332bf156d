//! How well the guesses are: statements, tools and traces as they are met, each with what it is, and the bars that the
//! classification and the rating of risk hold over them.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod codes;
mod sql;
mod tools;
mod traces;
