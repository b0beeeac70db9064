//! HTTP/2 as somebody else reads the standard: h2spec, a tool made to find what servers do wrong, against the real gate.

use std::path::Path;
use std::process::Command;

use crate::harness::{Echo, Gate};

/// What it finds that is meant so, with the reason.
const MEANT: [(&str, &str); 1] = [(
    "Sends invalid connection preface",
    "the same address speaks HTTP/1, so whoever begins otherwise is answered in it (400) before the connection is closed; \
     a server that takes the version from TLS would only close",
)];

#[test]
fn h2spec_finds_nothing_that_is_not_meant() {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/h2spec");
    assert!(tool.exists(), "{} is missing; `.ci/need h2spec` builds it", tool.display());
    let echo = Echo::start();
    let gate = Gate::before(&echo).rules(rules! { "/open/**" => "bypass" }).start();
    let port = gate.address.port().to_string();
    let run = Command::new(tool)
        .args(["--host", "localhost", "--port", &port, "--path", "/open/a", "--timeout", "30", "--strict"])
        .output()
        .expect("it can be started");
    let said = String::from_utf8_lossy(&run.stdout);
    let (_, failures) = said.split_once("Failures:").unwrap_or((&said, ""));
    let found: Vec<&str> = failures
        .lines()
        .filter_map(|line| line.trim().strip_prefix('\u{d7}')?.split_once(": ").map(|(_, case)| case))
        .collect();
    assert_eq!(found, MEANT.map(|(case, _)| case), "{failures}");
    let passed = said.lines().last().unwrap_or_default();
    assert!(passed.contains(" tests, ") && passed.contains(" 0 skipped"), "{passed}");
    println!("{passed}");
    assert!(echo.requests().iter().any(|request| request.target == "/open/a"), "it was asked for something");
}
