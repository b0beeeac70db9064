//! Against a real mail server on loopback, in each of the three encryptions, and against its faults.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc::{Receiver as Inbox, Sender, channel};

use tempfile::TempDir;

use super::*;
use crate::clock::{StillClock, Time};
use crate::config::Span;

const PASSWORD: &str = "correct horse";

/// What the server took.
#[derive(Debug)]
struct Mail {
    encrypted: bool,
    signed_in: bool,
    from: String,
    to: Vec<String>,
    text: String,
}

/// How the server behaves: its encryption, and a reply that it gives to a verb instead of the honest one.
#[derive(Clone)]
struct Server {
    encryption: &'static str,
    certificate: Option<Arc<rustls::ServerConfig>>,
    instead: Option<(&'static str, &'static str)>,
    /// How many connections it closes before it says a word.
    shut: usize,
}

impl Server {
    /// Its port, and what it takes.
    fn start(self) -> (u16, Inbox<Mail>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
        let port = listener.local_addr().expect("bound").port();
        let (taken, inbox) = channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten().skip(self.shut) {
                let (server, taken) = (self.clone(), taken.clone());
                std::thread::spawn(move || {
                    let clear = server.encryption != "tls";
                    if clear && !server.talk(&mut stream, false, true, &taken) {
                        return;
                    }
                    let Some(config) = server.certificate.clone() else { return };
                    let tls = rustls::ServerConnection::new(config).expect("a connection");
                    let mut stream = rustls::StreamOwned::new(tls, stream);
                    server.talk(&mut stream, true, !clear, &taken);
                });
            }
        });
        (port, inbox)
    }

    /// Whether the client asked for TLS and may begin it now.
    fn talk(&self, io: &mut (impl Read + Write), encrypted: bool, greet: bool, taken: &Sender<Mail>) -> bool {
        let mut mail = Mail { encrypted, signed_in: false, from: String::new(), to: Vec::new(), text: String::new() };
        let mut verb = "GREETING".to_owned();
        let mut line = String::new();
        if !greet {
            verb = String::new();
        }
        loop {
            let honest = match verb.as_str() {
                "" => "",
                "GREETING" => "220 mail.example.com\r\n",
                "EHLO" if self.encryption == "starttls" && !encrypted => "250-mail.example.com\r\n250 STARTTLS\r\n",
                "EHLO" => "250-mail.example.com\r\n250 AUTH PLAIN\r\n",
                "STARTTLS" => "220 go on\r\n",
                "AUTH" => {
                    let expected = data_encoding::BASE64.encode(format!("\0gate\0{PASSWORD}").as_bytes());
                    mail.signed_in = line == format!("AUTH PLAIN {expected}");
                    if mail.signed_in { "235 welcome\r\n" } else { "535 who are you\r\n" }
                }
                "MAIL" => {
                    mail.from = line.clone();
                    "250 ok\r\n"
                }
                "RCPT" => {
                    mail.to.push(line.clone());
                    "250 ok\r\n"
                }
                "DATA" => "354 go on\r\n",
                "END" => "250 taken\r\n",
                "QUIT" => "221 bye\r\n",
                _ => "502 no\r\n",
            };
            let reply = self.instead.filter(|(when, _)| *when == verb).map_or(honest, |(_, reply)| reply);
            if reply == "sleep" {
                std::thread::sleep(Duration::from_secs(5));
                return false;
            }
            if io.write_all(reply.as_bytes()).and_then(|()| io.flush()).is_err() || reply == "close" {
                return false;
            }
            match verb.as_str() {
                "STARTTLS" if reply.starts_with("220") => return true,
                "QUIT" => return false,
                "DATA" if reply.starts_with("354") => {
                    while !mail.text.ends_with("\r\n.\r\n") {
                        let Some(line) = read_line(io) else { return false };
                        mail.text.push_str(&line);
                        mail.text.push_str("\r\n");
                    }
                    verb = "END".to_owned();
                    if self.instead.is_none_or(|(when, _)| when != "END") {
                        let again =
                            Mail { from: mail.from.clone(), to: mail.to.clone(), text: mail.text.clone(), ..mail };
                        let _ = taken.send(again);
                    }
                    continue;
                }
                _ => {}
            }
            let Some(next) = read_line(io) else { return false };
            line = next;
            verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        }
    }
}

fn read_line(io: &mut impl Read) -> Option<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        if io.read(&mut byte).ok()? == 0 {
            return None;
        }
        line.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&line[..line.len() - 2]).into_owned())
}

struct Desk {
    folder: TempDir,
    written: GatewayKind,
    certificate: Arc<rustls::ServerConfig>,
}

impl Desk {
    fn new(encryption: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a folder");
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        let key = rustls::pki_types::PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
        let certificate = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)
            .expect("a certificate");
        let put = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).expect("written");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("set");
            file.display().to_string()
        };
        let written = GatewayKind {
            kind: "smtp".to_owned(),
            host: "localhost".to_owned(),
            encryption: encryption.to_owned(),
            user: "gate".to_owned(),
            password_file: put("password", PASSWORD),
            ca_file: put("ca.pem", &certified.cert.pem()),
            from: "Wiki <login@example.com>".to_owned(),
            timeout: Span::secs(20),
            ..GatewayKind::default()
        };
        Self { folder, written, certificate: Arc::new(certificate) }
    }

    fn server(&self, encryption: &'static str, instead: Option<(&'static str, &'static str)>) -> Server {
        Server { encryption, certificate: Some(self.certificate.clone()), instead, shut: 0 }
    }

    fn build(&self) -> Result<SmtpGateway, Vec<String>> {
        let mut problems = Problems::default();
        let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
        SmtpGateway::build("gateway.email", &self.written, clock, &mut problems)
            .ok_or_else(|| problems.iter().map(|problem| problem.key.clone()).collect())
    }

    async fn send(&mut self, port: u16) -> Delivery {
        self.send_to(port, "alice@example.com", "Your code").await
    }

    async fn send_to(&mut self, port: u16, to: &str, subject: &str) -> Delivery {
        self.written.port = port.into();
        let text = "Your code is 271828.\n.\nGive it to nobody.\n";
        let message = Message::new(Receiver::Mailbox(to.to_owned()), subject, text, "en");
        self.build().expect("built").send(&message).await
    }
}

#[tokio::test]
async fn a_mail_travels_encrypted_signed_in_and_whole() {
    for (encryption, encrypted) in [("tls", true), ("starttls", true), ("none", false)] {
        let mut desk = Desk::new(encryption);
        let (port, inbox) = desk.server(encryption, None).start();
        assert_eq!(desk.send(port).await, Delivery::Accepted, "{encryption}");
        let mail = inbox.recv().expect("a mail");
        assert!(mail.signed_in && mail.encrypted == encrypted, "{mail:?}");
        assert_eq!(mail.from, "MAIL FROM:<login@example.com>");
        assert_eq!(mail.to, ["RCPT TO:<alice@example.com>"]);
        let (head, text) = mail.text.split_once("\r\n\r\n").expect("a head");
        for line in ["From: Wiki <login@example.com>", "To: alice@example.com", "Subject: Your code"] {
            assert!(head.lines().any(|found| found == line), "{line}: {head}");
        }
        assert!(head.contains("Auto-Submitted: auto-generated") && head.contains("Date: Fri, 15 Jan 2027"), "{head}");
        assert!(text.starts_with("Your code is 271828.\r\n..\r\nGive it to nobody."), "{text}");
    }
}

#[tokio::test]
async fn nothing_goes_out_in_clear_or_to_another_certificate() {
    // Somebody between us cut the offer out.
    let mut desk = Desk::new("starttls");
    let (port, inbox) = desk.server("none", None).start();
    assert!(matches!(desk.send(port).await, Delivery::Failed(_)));
    assert!(inbox.try_recv().is_err());
    for encryption in ["tls", "starttls"] {
        let (mut desk, other) = (Desk::new(encryption), Desk::new(encryption));
        let (port, inbox) = other.server(encryption, None).start();
        let Delivery::Failed(why) = desk.send(port).await else { panic!("accepted") };
        assert!(why.contains("certificate"), "{why}");
        assert!(inbox.try_recv().is_err());
    }
}

#[tokio::test]
async fn each_fault_has_its_outcome_and_names_nobody() {
    for (when, reply, refused) in [
        ("GREETING", "554 no\r\n", false),
        ("GREETING", "nonsense\r\n", false),
        ("GREETING", "close", false),
        ("AUTH", "535 no\r\n", false),
        ("MAIL", "550 not you\r\n", true),
        ("RCPT", "550 <alice@example.com> is unknown\r\n", true),
        ("RCPT", "450 later\r\n", false),
        ("DATA", "554 no\r\n", true),
        ("END", "554 spam\r\n", true),
        ("END", "451 later\r\n", false),
        ("END", "close", false),
    ] {
        let mut desk = Desk::new("none");
        let (port, inbox) = desk.server("none", Some((when, reply))).start();
        let delivery = desk.send(port).await;
        assert_eq!(matches!(delivery, Delivery::Refused(_)), refused, "{when} {reply}: {delivery:?}");
        assert!(delivery != Delivery::Accepted && !format!("{delivery:?}").contains("alice"), "{delivery:?}");
        assert!(inbox.try_recv().is_err());
    }
    // A goodbye that does not come takes nothing back.
    let mut desk = Desk::new("none");
    let (port, inbox) = desk.server("none", Some(("QUIT", "sleep"))).start();
    assert_eq!(desk.send(port).await, Delivery::Accepted);
    assert!(inbox.recv().is_ok());
}

#[tokio::test]
async fn a_slow_server_and_a_dead_one_are_failures() {
    let mut desk = Desk::new("none");
    desk.written.timeout = Span(Duration::from_millis(300));
    let (port, _) = desk.server("none", Some(("MAIL", "sleep"))).start();
    assert_eq!(desk.send(port).await, Delivery::Failed("no answer in time".to_owned()));
    let free = TcpListener::bind("127.0.0.1:0").expect("bound").local_addr().expect("bound").port();
    assert!(matches!(desk.send(free).await, Delivery::Failed(_)));
}

#[tokio::test]
async fn a_connection_that_failed_is_made_once_more_and_no_more() {
    for (shut, taken) in [(1, true), (2, false)] {
        let mut desk = Desk::new("none");
        let (port, inbox) = Server { shut, ..desk.server("none", None) }.start();
        assert_eq!(desk.send(port).await == Delivery::Accepted, taken);
        assert_eq!(inbox.try_iter().count(), usize::from(taken));
    }
}

#[tokio::test]
async fn nothing_becomes_a_header_or_another_receiver() {
    let mut desk = Desk::new("none");
    let (port, inbox) = desk.server("none", None).start();
    for to in ["a@b.test\r\nRCPT TO:<eve@b.test>", "a@b.test>", "a@b.test, eve@b.test", "", "alice", "a b@c.test"] {
        assert!(matches!(desk.send_to(port, to, "Your code").await, Delivery::Refused(_)), "{to:?}");
    }
    let subject = "Your code\r\nBcc: eve@b.test";
    assert!(matches!(desk.send_to(port, "alice@example.com", subject).await, Delivery::Refused(_)));
    assert!(inbox.try_recv().is_err());
}

#[test]
fn what_is_unsafe_or_missing_is_a_problem() {
    let problem = |change: &dyn Fn(&mut GatewayKind)| {
        let mut desk = Desk::new("tls");
        change(&mut desk.written);
        desk.build().err().unwrap_or_default()
    };
    assert!(problem(&|_| {}).is_empty());
    for host in ["", "mail example", "mail.example.com:25"] {
        assert_eq!(problem(&|written| written.host = host.to_owned()), ["gateway.email.host"], "{host}");
    }
    for from in ["", "login", "Wiki <login@example.com", "a@b.test\r\nBcc: eve@b.test"] {
        assert_eq!(problem(&|written| written.from = from.to_owned()), ["gateway.email.from"], "{from:?}");
    }
    let in_clear = |written: &mut GatewayKind| {
        (written.encryption, written.host) = ("none".to_owned(), "mail.example.com".to_owned());
    };
    assert_eq!(problem(&in_clear), ["gateway.email.encryption"]);
    assert_eq!(problem(&|written| written.encryption = "ssl".to_owned()), ["gateway.email.encryption"]);
    assert_eq!(problem(&|written| written.port = 70_000), ["gateway.email.port"]);
    assert_eq!(problem(&|written| written.user.clear()), ["gateway.email.user"]);
    assert_eq!(problem(&|written| written.password_file.clear()), ["gateway.email.password_file"]);
    assert_eq!(problem(&|written| written.ca_file = written.password_file.clone()), ["gateway.email.ca_file"]);
    assert_eq!(problem(&|written| written.timeout = Span(Duration::ZERO)), ["gateway.email.timeout"]);
    let desk = Desk::new("tls");
    assert!(!format!("{:?}", desk.build().expect("built")).contains(PASSWORD) && desk.folder.path().exists());
}
