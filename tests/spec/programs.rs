//! Programs of others on both sides: what they get through the gate is what they get without it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::{Echo, Gate};
use crate::traffic::{answer_plainly, open};

/// A program that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where `.ci/need programs` puts them. A machine without them fails the test: what nobody ran is not shown to work.
#[track_caller]
fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/python/bin").join(name);
    assert!(path.exists(), "{} is missing: `make test` installs it, or `.ci/need programs`", path.display());
    path
}

/// A file to send and a file to get, and what curl made of it.
struct Curl {
    folder: tempfile::TempDir,
    base: String,
}

impl Curl {
    fn at(gate: &Gate) -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder can be made"), base: gate.origin.clone() }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Status and body.
    #[track_caller]
    fn run(&self, target: &str, arguments: &[&str]) -> (u32, Vec<u8>) {
        let out = self.file("out");
        let mut curl = Command::new("curl");
        // Nothing of whoever runs the tests.
        curl.args(["--disable", "--silent", "--show-error", "--noproxy", "*", "--max-time", "60", "--ipv4"]);
        curl.args(["--output", &out, "--write-out", "%{http_code}"])
            .args(arguments)
            .arg(format!("{}{target}", self.base));
        let said = curl.output().expect("curl is installed: `.ci/need programs`");
        assert!(said.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
        let status = String::from_utf8_lossy(&said.stdout).parse().expect("a status");
        let body = std::fs::read(&out).unwrap_or_default();
        let _ = std::fs::remove_file(out);
        (status, body)
    }
}

/// Answers `/file` in part where it is asked to; sends back what it is sent; wants no more than 4 MiB.
fn files(content: Vec<u8>) -> Echo {
    Echo::by_hand(move |wire| {
        while let Some(head) = wire.head() {
            if head.target() == "/too-large" {
                wire.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                return;
            }
            if head.field("expect").is_some() {
                wire.send("HTTP/1.1 100 Continue\r\n\r\n");
            }
            let body = wire.body(&head, false);
            match (head.target(), head.field("range")) {
                ("/file", Some(range)) => {
                    let (from, to) =
                        range.strip_prefix("bytes=").and_then(|range| range.split_once('-')).expect("a range");
                    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap_or(content.len() - 1));
                    let part = &content[from..=to];
                    let head =
                        format!("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{to}/{}", content.len());
                    wire.send(format!("{head}\r\nContent-Length: {}\r\n\r\n", part.len())).send(part);
                }
                ("/file", None) => {
                    wire.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len()));
                    if !head.start.starts_with("HEAD ") {
                        wire.send(&content);
                    }
                }
                ("/echo", _) => {
                    wire.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())).send(body);
                }
                _ => answer_plainly(wire, &head),
            }
        }
    })
}

#[test]
fn curl_gets_and_puts_what_is_there() {
    let content: Vec<u8> = (0..3 << 20).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let echo = files(content.clone());
    let gate = open(&echo);
    let curl = Curl::at(&gate);
    let upload = curl.file("in");
    std::fs::write(&upload, &content).unwrap();

    for version in ["--http1.1", "--http1.0"] {
        assert!(curl.run("/file", &[version]) == (200, content.clone()), "{version}: a download");
        assert!(
            curl.run("/echo", &[version, "--upload-file", &upload]) == (200, content.clone()),
            "{version}: an upload"
        );
    }
    assert_eq!(curl.run("/file", &["--head"]).0, 200);
    assert!(curl.run("/file", &["--range", "1000-1999"]) == (206, content[1000..2000].to_vec()), "a range");
    // The first half is there; curl asks for the rest.
    std::fs::write(curl.file("out"), &content[..1 << 20]).unwrap();
    assert!(curl.run("/file", &["--continue-at", "-"]) == (206, content.clone()), "a download that goes on");
    for fields in [
        &["--header", "Expect: 100-continue"][..],
        &["--header", "Transfer-Encoding: chunked"],
        &["--header", "Expect:"],
    ] {
        let arguments = [fields, &["--upload-file", &upload]].concat();
        assert!(curl.run("/echo", &arguments) == (200, content.clone()), "{fields:?}");
    }
    assert_eq!(curl.run("/too-large", &["--header", "Expect: 100-continue", "--upload-file", &upload]).0, 413);
    assert_eq!(curl.run("/echo", &["--data", "a=b"]), (200, b"a=b".to_vec()));
    // Two in one go, on one connection.
    let second = format!("{}/second", gate.origin);
    assert_eq!(curl.run("/first", &[&second, "--output", "/dev/null"]), (200_200, b"/second".to_vec()));
}

/// What the suite says of a server: behaviour, behaviour at the close, and the code of the close.
type Result = [String; 3];

/// How often two servers are asked once more for a case in which they differ.
const AGAIN: usize = 10;

/// The Autobahn cases, but those that measure speed (9) and compression at length (12, 13): what each of them says of the
/// server is said of the gate before it, case by case.
#[test]
fn the_autobahn_cases_see_no_difference() {
    let mut server = Command::new(program("python"));
    server.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/websocket_echo.py"));
    let server = server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut server = Running(server.expect("Python can be started"));
    let mut port = String::new();
    BufReader::new(server.0.stdout.take().expect("it is piped")).read_line(&mut port).expect("it says its port");
    let direct = format!("127.0.0.1:{}", port.trim());

    let gate = Gate::before(&Echo::start())
        .site(&format!("url = \"http://127.0.0.1:PORT\"\nupstreams = [\"http://{direct}\"]"))
        .rules(rules! { "/**" => "bypass" })
        .start();
    let most = ["--exclude", "9.*", "--exclude", "12.*", "--exclude", "13.*", "--parallelism", "4"];
    let [without, with] = [&direct, &gate.address.to_string()].map(|address| cases(address, &most));
    assert!(without.len() > 200, "{} cases", without.len());
    let of = |cases: &BTreeMap<_, _>| cases.keys().cloned().collect::<Vec<String>>();
    assert_eq!(of(&with), of(&without));
    // Some results are a matter of luck: whether a good message is echoed before what must end the connection right behind
    // it depends on how many of them the server finds in one read, which TCP promises nobody. What either server may say is
    // found by asking it for that case alone; the two are the same where both have said the same.
    let differ: Vec<_> = without.keys().filter(|name| with[*name] != without[*name]).collect();
    for name in &differ {
        let mut said = [BTreeSet::from([without[*name].clone()]), BTreeSet::from([with[*name].clone()])];
        for _ in 0..AGAIN {
            if !said[0].is_disjoint(&said[1]) {
                break;
            }
            for (said, address) in said.iter_mut().zip([&direct, &gate.address.to_string()]) {
                said.extend(cases(address, &["--include", name]).into_values());
            }
        }
        assert!(!said[0].is_disjoint(&said[1]), "{name}: without the gate, and with it: {said:#?}");
    }
    let passed = with.values().filter(|result| result[0] != "\"FAILED\"").count();
    println!("{passed} of {} cases passed with the gate and without; asked for again: {differ:?}", with.len());
}

/// What the suite says of this server in the cases that are chosen.
#[track_caller]
fn cases(address: &str, chosen: &[&str]) -> BTreeMap<String, Result> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut suite = Command::new(program("python"));
    suite.arg(program("kosoku")).args(["--mode", "fuzzingclient", "--outdir"]).arg(folder.path());
    // It fails where a case does; which ones is read from its report.
    let said = suite.args(chosen).arg(address).stdin(Stdio::null()).output().expect("the suite can be started");
    let report = std::fs::read(folder.path().join("index.json"));
    let report = report.unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&said.stderr)));
    let report: Value = serde_json::from_slice(&report).expect("a report is JSON");
    let servers = report.as_object().expect("one server");
    assert_eq!(servers.len(), 1, "{:?}", servers.keys());
    let cases = servers.values().next().and_then(Value::as_object).expect("its cases");
    let result = |case: &Value| ["behavior", "behaviorClose", "remoteCloseCode"].map(|key| case[key].to_string());
    cases.iter().map(|(name, case)| (name.clone(), result(case))).collect()
}
