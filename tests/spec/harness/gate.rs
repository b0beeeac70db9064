//! The gate under test: the real binary, started on a folder and a port of its own, with a clock that stands still. It is
//! steered through its admin socket and its command line only, and ends when the test does.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::frames::Frames;
use super::patience::LIMIT;
use super::quiet::Guest;
use super::visitor::Visitor;
use super::wire::{Wire, free_address};
use super::{Echo, Protocol, Talk, until};

/// 2026-01-15 12:00:00 UTC: when every test begins.
const START: i64 = 1_768_478_400_000;
/// How often a taken port is tried again.
const TRIES: usize = 5;

/// Each process gets randomness of its own: two that drew the same would make the same tokens and nonces.
static SEED: AtomicU64 = AtomicU64::new(1);

/// What a gate is started with.
#[derive(Clone, Debug)]
pub struct Gateway {
    upstream: String,
    sections: String,
    listen: String,
    site: Option<String>,
    rules: String,
    more: String,
    protocol: Protocol,
}

/// A running gate.
pub struct Gate {
    pub folder: tempfile::TempDir,
    pub address: SocketAddr,
    /// As the first site's `url` says.
    pub origin: String,
    pub control: Arc<Control>,
    protocol: Protocol,
    child: Option<Child>,
    _guest: Guest,
}

/// What moves a running gate's time.
#[derive(Debug)]
pub struct Control {
    socket: PathBuf,
    now: AtomicI64,
}

/// What a command said.
#[derive(Clone, Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Gateway {
    /// Top-level sections of the file: `[session]\nidle = "5m"`.
    pub fn config(mut self, sections: &str) -> Self {
        self.sections += &format!("{sections}\n");
        self
    }

    /// More keys of `[listen]`.
    pub fn listen(mut self, keys: &str) -> Self {
        self.listen += &format!("{keys}\n");
        self
    }

    /// The keys of the first site instead of the usual ones, without its rules: `url = …\nupstreams = ["UPSTREAM"]`.
    pub fn site(mut self, keys: &str) -> Self {
        self.site = Some(keys.to_owned());
        self
    }

    /// The rules of the first site; without them `two_factor` everywhere.
    pub fn rules(mut self, rules: &str) -> Self {
        rules.clone_into(&mut self.rules);
        self
    }

    /// Further sites, written out.
    pub fn also(mut self, sites: &str) -> Self {
        self.more += &format!("{sites}\n");
        self
    }

    /// The version of HTTP that visitors speak, and `talk`; HTTP/1 where nothing is said.
    pub fn speaking(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
    }

    /// The configuration for this port and folder.
    fn text(&self, port: u16, data: &Path) -> String {
        let usual = "url = \"http://localhost:PORT\"\nupstreams = [\"UPSTREAM\"]";
        let site = self.site.as_deref().unwrap_or(usual);
        format!(
            "{}\n[listen]\nhttp = [\"127.0.0.1:PORT\"]\n{}\n[store]\npath = \"{}\"\n\n[[site]]\n{site}\n{}\n{}",
            self.sections,
            self.listen,
            data.display(),
            self.rules,
            self.more
        )
        .replace("PORT", &port.to_string())
        .replace("UPSTREAM", &self.upstream)
    }

    /// Starts it and waits until it answers.
    #[track_caller]
    pub fn start(self) -> Gate {
        for _ in 0..TRIES {
            let folder = tempfile::Builder::new().prefix("gate").tempdir().expect("a temporary folder can be made");
            // The port must be known before the start, since the site's url names it: a free one is looked up and given
            // back, and tried again should somebody be quicker.
            let address = free_address();
            let data = folder.path().join("data");
            let text = self.text(address.port(), &data);
            fs::write(folder.path().join("vestibule.toml"), &text).expect("the folder can be written");
            let mut site = text.lines().skip_while(|line| line.trim() != "[[site]]");
            let written = site.find_map(|line| line.trim().strip_prefix("url = \"")?.strip_suffix('"'));
            let origin = match written {
                Some(url) => url.trim_end_matches('/').replace('*', "any"),
                None => format!("http://{address}"),
            };
            let control = Control { socket: data.join("admin.sock"), now: AtomicI64::new(START) };
            let mut gate = Gate {
                folder,
                address,
                origin,
                control: Arc::new(control),
                protocol: self.protocol,
                child: None,
                _guest: Guest::enter(),
            };
            match gate.launch() {
                Ok(()) => return gate,
                Err(log) if log.contains("in use") => {}
                Err(log) => panic!("the gate did not start:\n{log}\nwith\n{text}"),
            }
        }
        panic!("no free port in {TRIES} tries")
    }
}

impl Gate {
    /// A gate in front of this application: one site at `http://localhost:PORT`, `two_factor` everywhere.
    pub fn before(echo: &Echo) -> Gateway {
        Gateway {
            upstream: format!("http://{}", echo.address),
            sections: String::new(),
            listen: String::new(),
            site: None,
            rules: rules! { _ => "two_factor" }.to_owned(),
            more: String::new(),
            protocol: Protocol::Http1,
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Takes this configuration, if it can.
    pub fn reload(&self, text: &str) {
        std::fs::write(self.config_file(), text).unwrap();
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    }

    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("vestibule.toml")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("VESTIBULE_")) {
            command.env_remove(name);
        }
        command
            .env("VESTIBULE_STEER_CLOCK", self.control.now().to_string())
            .env("VESTIBULE_STEER_SEED", SEED.fetch_add(1, Ordering::SeqCst).to_string())
            .current_dir(self.folder.path());
        command
    }

    fn launch(&mut self) -> Result<(), String> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("log"));
        let log = log.expect("the folder can be written");
        let errors = log.try_clone().expect("a file has a second handle");
        let mut command = self.command();
        command.arg("serve").arg("--config").arg(self.config_file());
        let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn();
        self.child = Some(child.expect("the binary can be started"));
        until("the gate to answer", 30, || {
            let exited = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            match exited {
                Some(status) => Some(Err(format!("{status}\n{}", self.log()))),
                None => self.control.try_ask(&json!({ "operation": "health" })).map(|_| Ok(())),
            }
        })
    }

    /// Everything it had to say so far: what waits is written before a question is answered.
    pub fn log(&self) -> String {
        let _ = self.control.try_ask(&json!({ "operation": "health" }));
        fs::read(self.folder.path().join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Waits until its log says this: a line may be written behind the answer that it tells of.
    #[track_caller]
    pub fn tells(&self, what: &str) {
        until(what, 20, || self.log().contains(what).then_some(()));
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Kills it and starts it again on the same folder.
    pub fn restart(&mut self) {
        self.kill();
        let _ = fs::remove_file(&self.control.socket);
        self.launch().unwrap_or_else(|log| panic!("the gate did not start again:\n{log}"));
    }

    /// Runs `vestibule …` on this gate's configuration.
    pub fn cli<const N: usize>(&self, arguments: [&str; N]) -> Said {
        self.cli_with(&arguments, "")
    }

    /// The same with something on standard input.
    pub fn cli_with(&self, arguments: &[&str], input: &str) -> Said {
        self.cli_in(&[], arguments, input)
    }

    /// The same in another environment.
    pub fn cli_in(&self, environment: &[(&str, &str)], arguments: &[&str], input: &str) -> Said {
        let mut command = self.command();
        command.args(arguments).arg("--config").arg(self.config_file()).envs(environment.iter().copied());
        Self::hear(command, input)
    }

    /// The same without naming the configuration.
    pub fn cli_alone(&self, arguments: &[&str]) -> Said {
        let mut command = self.command();
        command.args(arguments);
        Self::hear(command, "")
    }

    fn hear(mut command: Command, input: &str) -> Said {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary can be started");
        if let Some(mut stdin) = child.stdin.take() {
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().expect("a command ends");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs a command that must succeed; what it printed.
    #[track_caller]
    pub fn run<const N: usize>(&self, arguments: [&str; N]) -> String {
        let said = self.cli(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}{}", said.out, said.err);
        said.out
    }

    /// Its process, for what the machine knows of it.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Moves time.
    pub fn advance(&self, seconds: u64) {
        self.control.advance(Duration::from_secs(seconds));
    }

    /// Moves the wall clock alone.
    pub fn skew_wall(&self, milliseconds: i64) {
        self.control.ask(&json!({ "operation": "wall_skew", "ms": milliseconds }));
    }

    /// The messages that the console gateway took.
    pub fn outbox(&self) -> Value {
        self.control.ask(&json!({ "operation": "outbox" }))
    }

    /// A browser that was never here.
    pub fn visitor(&self) -> Visitor {
        self.visitor_at(&self.origin)
    }

    /// The same with another site as its home.
    pub fn visitor_at(&self, origin: &str) -> Visitor {
        Visitor::new(self.address, origin, self.control.clone(), self.protocol)
    }

    /// A browser that comes by a server in front of the gate, which is at this address.
    pub fn visitor_through(&self, front: SocketAddr, protocol: Protocol) -> Visitor {
        Visitor::new(front, &self.origin, self.control.clone(), protocol)
    }

    /// A connection.
    pub fn wire(&self) -> Wire {
        Wire::to(self.address)
    }

    /// A connection in the version of HTTP this gate is asked in.
    pub fn talk(&self) -> Talk {
        Talk::to(self.address, self.protocol)
    }

    /// A connection of HTTP/2.
    pub fn frames(&self) -> Frames {
        Frames::to(self.address)
    }

    /// `Host` of the first site.
    pub fn authority(&self) -> &str {
        self.origin.split("://").nth(1).unwrap_or_default()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Control {
    /// Milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    pub fn advance(&self, span: Duration) {
        let milliseconds = i64::try_from(span.as_millis()).expect("tests are shorter than the universe");
        self.ask(&json!({ "operation": "clock_advance", "ms": milliseconds }));
        self.now.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// Asks over the admin socket.
    #[track_caller]
    pub fn ask(&self, operation: &Value) -> Value {
        let answer = self.try_ask(operation);
        let mut answer = answer.unwrap_or_else(|| panic!("no answer over the admin socket to {operation}"));
        assert!(answer["Err"].is_null(), "{operation}: {answer}");
        answer["Ok"].take()
    }

    fn try_ask(&self, operation: &Value) -> Option<Value> {
        let mut stream = UnixStream::connect(&self.socket).ok()?;
        stream.set_read_timeout(Some(LIMIT)).ok()?;
        stream.write_all(format!("{operation}\n").as_bytes()).ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }
}
