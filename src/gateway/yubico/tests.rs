//! Against validation servers on loopback, honest and not.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;
use crate::gateway::http_server::{of, serve};
use crate::gateway::validation_server::{CLIENT, KEY, Pairs, YubiKey, sign, start, start_with};

const NONCE: &str = "0123456789abcdef0123456789abcdef";

struct Desk {
    _folder: TempDir,
    key_file: String,
    servers: Vec<String>,
    client: String,
    timeout: Duration,
}

impl Desk {
    fn new(servers: &[SocketAddr]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        std::fs::write(&file, BASE64.encode(KEY)).expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("set");
        let servers = servers.iter().map(|address| format!("http://{address}/wsapi/2.0/verify")).collect();
        let (key_file, client) = (file.display().to_string(), CLIENT.to_owned());
        Self { _folder: folder, key_file, servers, client, timeout: Duration::from_secs(20) }
    }

    fn build(&self) -> Result<YubicoValidator, Vec<String>> {
        let settings = YubicoSettings {
            client_id: &self.client,
            key_file: &self.key_file,
            servers: &self.servers,
            ca_file: "",
            timeout: self.timeout,
        };
        let mut problems = Problems::default();
        YubicoValidator::build("methods.yubikey", settings, &mut problems)
            .ok_or_else(|| problems.iter().map(|problem| problem.key.clone()).collect())
    }

    async fn ask(&self, otp: &str) -> Verdict {
        self.ask_with(otp, NONCE).await
    }

    async fn ask_with(&self, otp: &str, nonce: &str) -> Verdict {
        let question = Question { answer: otp.to_owned().into(), nonce: nonce.to_owned() };
        self.build().expect("built").ask(&question).await
    }
}

fn honest() -> SocketAddr {
    start(|_| {})
}

fn unreachable() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").expect("bound").local_addr().expect("bound")
}

#[tokio::test]
async fn a_code_is_right_once_and_its_counter_is_told() {
    let (desk, mut key) = (Desk::new(&[honest()]), YubiKey::new());
    let first = key.touch();
    assert_eq!(desk.ask(&first).await, Verdict::Right { counter: 0x0101 });
    assert!(matches!(desk.ask_with(&first, "fedcba9876543210fedcba9876543210").await, Verdict::Wrong(_)), "replayed");
    assert_eq!(desk.ask(&key.touch()).await, Verdict::Right { counter: 0x0102 });
    let forged = key.touch().replace('c', "b");
    assert!(matches!(desk.ask(&forged).await, Verdict::Wrong(_)));
}

#[tokio::test]
async fn one_of_several_servers_is_enough_and_none_is_a_no() {
    let mut key = YubiKey::new();
    let slow = serve(|_| {
        std::thread::sleep(Duration::from_secs(5));
        String::new()
    });
    let broken = serve(|_| of("500 Internal Server Error", "status=OK"));
    let desk = Desk::new(&[slow, unreachable(), broken, honest()]);
    assert!(matches!(desk.ask(&key.touch()).await, Verdict::Right { .. }));
    let mut desk = Desk::new(&[slow, unreachable(), broken]);
    desk.timeout = Duration::from_millis(300);
    assert!(matches!(desk.ask(&key.touch()).await, Verdict::Unknown(_)));
}

#[tokio::test]
async fn what_is_unsigned_forged_or_about_something_else_is_no_verdict() {
    let set = |name: &'static str, value: &'static str| {
        move |said: &mut Pairs| {
            said.insert(name.to_owned(), value.to_owned());
        }
    };
    let servers = [
        // Signed with our key, and of another question or without its counter.
        start(set("nonce", "fedcba9876543210fedcba9876543210")),
        start(set("otp", "cccccccccccccccccccccccccccccccccccccccccccc")),
        start(set("sessioncounter", "many")),
        start(set("sessionuse", "")),
        start(set("status", "ok")),
        start(set("status", "BACKEND_ERROR")),
        start(set("status", "NOT_ENOUGH_ANSWERS")),
        start(set("status", "REPLAYED_REQUEST")),
        // Changed by somebody who has no key.
        start_with(|said| {
            said.insert("status".to_owned(), "BAD_OTP".to_owned());
            sign(said);
            said.insert("status".to_owned(), "OK".to_owned());
        }),
        start_with(|_| {}),
        start_with(set("h", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
        serve(|_| of("200 OK", "status=OK\r\nstatus=BAD_OTP\r\n")),
        serve(|_| of("200 OK", "nonsense")),
        serve(|_| of("200 OK", "")),
        serve(|_| "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_owned()),
    ];
    for (n, server) in servers.into_iter().enumerate() {
        let verdict = Desk::new(&[server]).ask(&YubiKey::new().touch()).await;
        assert!(matches!(verdict, Verdict::Unknown(_)), "{n}: {verdict:?}");
    }
    // A client that the server does not know.
    let mut desk = Desk::new(&[honest()]);
    desk.client = "88".to_owned();
    assert!(matches!(desk.ask(&YubiKey::new().touch()).await, Verdict::Unknown(_)));
}

#[test]
fn what_is_unsafe_or_missing_is_a_problem() {
    let problem = |change: &dyn Fn(&mut Desk)| {
        let mut desk = Desk::new(&["127.0.0.1:1".parse().expect("an address")]);
        change(&mut desk);
        desk.build().err().unwrap_or_default()
    };
    assert!(problem(&|_| {}).is_empty());
    assert_eq!(problem(&|desk| desk.client = "me".to_owned()), ["methods.yubikey.client_id"]);
    assert_eq!(problem(&|desk| desk.key_file.clear()), ["methods.yubikey.key_file"]);
    let odd = |desk: &mut Desk| std::fs::write(&desk.key_file, "not in base64 at all").expect("written");
    assert_eq!(problem(&odd), ["methods.yubikey.key_file"]);
    assert_eq!(problem(&|desk| desk.servers.clear()), ["methods.yubikey.servers"]);
    assert_eq!(problem(&|desk| desk.servers.push("http://example.com/".to_owned())), ["methods.yubikey.servers[1]"]);
    let desk = Desk::new(&["127.0.0.1:1".parse().expect("an address")]);
    assert!(!format!("{:?}", desk.build().expect("built")).contains("two of"));
}
