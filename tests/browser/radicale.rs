//! A whole application of others behind the gate: Radicale, a CalDAV server with a page of its own, which believes the user
//! header. Nobody is asked for a second password, and its clients' methods pass.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::harness::{Echo, Gate, free_address, until};
use crate::person::Person;

/// The server, until the test ends.
struct Radicale {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Radicale {
    #[track_caller]
    fn start() -> Self {
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/python/bin");
        let program = programs.join("radicale");
        assert!(program.exists(), "{} is missing: `make test` installs it, or `.ci/need programs`", program.display());
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        // It says nowhere which port it took.
        let address = free_address().to_string();
        let child = Command::new(programs.join("python"))
            .arg(program)
            .args(["--config", "", "--server-hosts", &address, "--auth-type", "http_x_remote_user"])
            .args([
                "--web-prefer-browser-login",
                "True",
                "--storage-filesystem-folder",
                &folder.path().display().to_string(),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Radicale can be started");
        until("Radicale to listen", 30, || std::net::TcpStream::connect(&address).ok());
        Self { child, address, _folder: folder }
    }
}

impl Drop for Radicale {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nBEGIN:VEVENT\r\nUID:tea\r\n\
                     DTSTAMP:20260115T120000Z\r\nDTSTART:20260116T160000Z\r\nSUMMARY:Tea in the east wing\r\n\
                     END:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn radicale_knows_who_signed_in() {
    let radicale = Radicale::start();
    let gate = Gate::before(&Echo::start())
        .site(&format!(
            "url = \"http://localhost:PORT\"\nupstreams = [\"http://{}\"]\nheaders = {{ user = \"X-Remote-User\" }}",
            radicale.address
        ))
        .start();
    let user = gate.given_user("alice");
    let alice = Person::at(&gate);
    alice.signs_in(&user, "/.web/css/logo.svg");
    // Its page asks its server who is there, and shows no login of its own.
    alice.browser.open(&format!("{}/.web/", gate.origin));
    until("Radicale's page of alice", 10, || {
        alice.browser.text_of("#logoutview [data-name=user]").contains("alice").then_some(())
    });

    // With the session's cookie, as a client that was given it.
    let mut client = gate.visitor();
    client.sign_in(&user, "/.web/");
    let made = client.script("MKCALENDAR", "/alice/tea/").send();
    assert_eq!(made.status, 201, "{}", made.html());
    let put = client.script("PUT", "/alice/tea/one.ics").with("Content-Type", "text/calendar").body(EVENT).send();
    assert_eq!(put.status, 201, "{}", put.html());
    let got = client.script("GET", "/alice/tea/one.ics").send();
    assert_eq!(got.status, 200);
    assert!(got.html().contains("Tea in the east wing"), "{}", got.html());
    let found = client.script("PROPFIND", "/alice/tea/").with("Depth", "1").send();
    assert_eq!(found.status, 207, "{}", found.html());
    assert!(found.html().contains("/alice/tea/one.ics"), "{}", found.html());
    // Nobody's word but the gate's.
    let others = client.script("PROPFIND", "/bob/").with("X-Remote-User", "bob").with("Depth", "0").send();
    assert!(matches!(others.status, 403 | 404), "{}", others.status);
    assert_eq!(gate.visitor().script("PROPFIND", "/alice/").with("X-Remote-User", "alice").send().status, 401);
}
