//! Starting, refusing to start, and stopping.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use tokio::net::TcpListener;
use toolgate_decision_service::{Options, serve};

use crate::{folder, shipped};

async fn refusal(policies: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("{:#}", serve(listener, Options::new(policies), std::future::pending()).await.unwrap_err())
}

#[tokio::test]
async fn a_folder_without_valid_policies_is_no_start() {
    assert!(
        refusal(Path::new("no-such-folder")).await.starts_with("can't read the folder of policies `no-such-folder`")
    );
    let text = refusal(folder(&[("entities.json", "[]")]).path()).await;
    assert!(text.starts_with("no `*.cedar` file in "), "{text}");
    let text = refusal(folder(&[("a.cedar", "permit (principal, action);")]).path()).await;
    assert!(text.starts_with("the policies are not valid:\n  a.cedar line 1: "), "{text}");
}

#[tokio::test]
async fn it_ends_when_told_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve(listener, Options::new(shipped()), std::future::ready(())).await.unwrap();
}

#[cfg(unix)]
#[test]
fn the_program_says_where_it_listens_and_ends_well_on_sigterm() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_toolgate-decision-service"))
        .args(["--listen", "127.0.0.1:0", "--policies"])
        .arg(shipped())
        .env("RUST_LOG", "info")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("listening on 127.0.0.1:"), "{line}");
    let killed = Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(program.wait().unwrap().success());
}
