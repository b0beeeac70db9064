//! The store and the logs: what was said survives a crash, nothing secret lies or is printed in clear, and a store that
//! is not sure refuses.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Echo, Gate, LIMIT, PASSWORD, link_in};
use crate::race::rounds;

const STEP: u64 = 30;
const FRESH: &str = rules! {
    "/fresh" => "two_factor" with max_age = "1s",
    "/open/**" => "bypass",
    _ => "two_factor",
};

/// ST-01: a code that was taken is used up, though the process dies in the moment after the answer.
#[test]
fn st_01_a_code_taken_is_used_up_after_kill_9() {
    let echo = Echo::start();
    let mut gate = Gate::before(&echo).config("[session]\nidle = \"12h\"").rules(FRESH).start();
    let mut browser = gate.visitor();
    let (alice, _) = browser.accept("alice", &gate.invite("alice"));
    for round in 0..rounds(20, 200) {
        gate.advance(STEP);
        let page = browser.visit("/fresh");
        let code = alice.code_at(gate.control.now(), 0);
        let page = browser.submit(&page, &[("code", &code)]);
        assert_eq!(page.status, 303, "round {round}: an honest code: {}", page.text());
        gate.restart();
        gate.advance(3);
        let page = browser.visit("/fresh");
        assert_eq!(page.url.path(), "/.vestibule/verify/totp", "round {round}: the new session survived, too");
        assert_eq!(browser.submit(&page, &[("code", &code)]).status, 200, "round {round}");
        assert_eq!(browser.goto("/fresh").status, 302, "round {round}");
        gate.advance(STEP);
        // A right code ends the wait of the wrong one.
        let page = browser.visit("/fresh");
        let code = alice.code_at(gate.control.now(), 0);
        assert_eq!(browser.submit(&page, &[("code", &code)]).status, 303);
    }
}

/// ST-02: killed in the middle of everything, it starts again, and whoever was out is out.
#[test]
fn st_02_killed_under_load_it_opens_and_nobody_is_let_in() {
    let echo = Echo::start();
    let mut gate = Gate::before(&echo).rules(FRESH).start();
    let alice = gate.given_user("alice");
    let mut home = gate.visitor();
    home.sign_in(&alice, "/");
    let mut ended = gate.visitor();
    ended.sign_in(&alice, "/");
    let token = ended.cookie("session").unwrap().to_owned();
    ended.sign_out();
    let mut thief = gate.visitor();
    thief.set_cookie("session", Some(&token));
    let mut pending = gate.visitor();
    pending.give_password(&alice, "/");
    for round in 0..rounds(5, 100) {
        gate.advance(STEP);
        let over = AtomicBool::new(false);
        let address = gate.address;
        std::thread::scope(|scope| {
            for kind in 0..4 {
                let over = &over;
                scope.spawn(move || {
                    // The connection may break at any byte: that is the point.
                    while !over.load(Ordering::SeqCst) {
                        let Ok(mut stream) = std::net::TcpStream::connect(address) else { continue };
                        let target = ["/", "/.vestibule/login", "/.vestibule/setup", "/open/a"][kind];
                        use std::io::{Read, Write};
                        let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
                        let _ = write!(
                            stream,
                            "GET {target} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
                            address.port()
                        );
                        let _ = stream.read_to_end(&mut Vec::new());
                    }
                });
            }
            // Writes: refused logins, each of which is counted.
            let mut guesser = pending.clone();
            let page = guesser.goto("/.vestibule/verify/totp");
            for _ in 0..=round % 5 {
                guesser.submit(&page, &[("code", "1")]);
                gate.control.advance(Duration::from_millis(1));
            }
            gate.kill();
            over.store(true, Ordering::SeqCst);
        });
        gate.restart();
        assert_eq!(home.goto("/").status, 200, "round {round}: the session that was");
        echo.forget();
        assert_eq!(thief.goto("/").status, 302, "round {round}: an ended one");
        assert_eq!(pending.goto("/").status, 302, "round {round}: a pending login");
        assert_eq!(gate.visitor().goto("/").status, 302, "round {round}: nobody");
        echo.assert_untouched("after a crash");
    }
    assert_eq!(gate.cli(["user", "show", "alice"]).code, 0);
}

/// ST-05: one store, one process.
#[test]
fn st_05_a_second_process_is_refused() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let text = std::fs::read_to_string(gate.config_file()).unwrap();
    let second = gate.folder.path().join("second.toml");
    std::fs::write(&second, text.replace(&format!("http = [\"{}\"]", gate.address), "http = [\"127.0.0.1:0\"]"))
        .unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["serve", "--config"])
        .arg(&second)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = ended(child);
    assert_ne!(said.0, Some(0), "{}", said.1);
    assert!(said.1.contains("another") || said.1.contains("use"), "{}", said.1);
    assert_eq!(gate.visitor().goto("/").status, 302, "the first goes on");
}

fn ended(mut child: std::process::Child) -> (Option<i32>, String) {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut all, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        all.push(path);
    }
    all
}

/// A seal that lacks its key, another key, a file that was cut or put back from yesterday: it does not start.
#[test]
fn st_a_store_that_is_not_sure_does_not_open() {
    let echo = Echo::start();
    let mut gate = Gate::before(&echo).start();
    gate.given_user("alice");
    // The mark beside the store knows all of it from the next start on (else: as of the last second).
    gate.restart();
    gate.kill();
    let copy = |to: &Path| {
        for file in files(&gate.data()).into_iter().filter(|path| path.is_file()) {
            let target = to.join(file.strip_prefix(gate.data()).unwrap());
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::copy(&file, &target).unwrap();
        }
        for path in files(to).into_iter().filter(|path| path.is_dir()) {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
        }
    };
    let config = std::fs::read_to_string(gate.config_file()).unwrap();
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 4] = [
        ("without its key", |data| std::fs::remove_file(data.join("keys/sealing.key")).unwrap()),
        ("under another key", |data| {
            let key = data.join("keys/sealing.key");
            let text = std::fs::read_to_string(&key).unwrap();
            let (title, letters) = text.trim().split_once(':').unwrap();
            std::fs::write(&key, format!("{title}:{}\n", letters.chars().rev().collect::<String>())).unwrap();
        }),
        ("cut", |data| {
            let file = largest(&data.join("store"));
            // Behind the last byte that says something there is room made ahead: cutting that would damage nothing.
            let bytes = std::fs::read(&file).unwrap();
            let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
            std::fs::write(&file, &bytes[..used / 4 * 3]).unwrap();
        }),
        ("flipped", |data| {
            let file = largest(&data.join("store"));
            let mut bytes = std::fs::read(&file).unwrap();
            for at in (0..bytes.len()).step_by(97) {
                bytes[at] ^= 0x55;
            }
            std::fs::write(&file, bytes).unwrap();
        }),
    ];
    for (what, damage) in damages {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        copy(&data);
        damage(&data);
        let file = folder.path().join("vestibule.toml");
        let text = config.replace(&gate.data().display().to_string(), &data.display().to_string());
        std::fs::write(&file, text.replace(&format!("http = [\"{}\"]", gate.address), "http = [\"127.0.0.1:0\"]"))
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(["serve", "--config"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (code, said) = ended(child);
        assert!(code.is_some_and(|code| code != 0), "a store {what}: {code:?} {said}");
        assert!(!said.contains("panicked"), "a store {what}: {said}");
    }
    gate.restart();
    assert_eq!(gate.cli(["user", "show", "alice"]).code, 0, "the one that was left alone opens");
}

fn largest(folder: &Path) -> PathBuf {
    let all = files(folder).into_iter().filter(|path| path.is_file());
    all.max_by_key(|path| std::fs::metadata(path).unwrap().len()).expect("a store has files")
}

/// Everything that must not be found in clear after a day's work, and the gate it was done at.
fn a_day(config: &str) -> (Echo, Gate, Vec<(&'static str, String)>) {
    let echo = Echo::start();
    let sms = "[gateway.sms]\nkind = \"console\"\n[methods.sms]\nenabled = true\ncountries = [\"NL\"]";
    let gate = Gate::before(&echo).config(config).config(sms).rules(FRESH).start();
    let mut secrets: Vec<(&'static str, String)> = vec![("a password", PASSWORD.to_owned())];
    let link = gate.invite("alice");
    secrets.push(("an invitation", link.rsplit('/').next().unwrap().to_owned()));
    let mut browser = gate.visitor();
    let (alice, _) = browser.accept("alice", &link);
    secrets.push(("a seed", alice.secret.clone()));
    secrets.extend(alice.recovery_codes.iter().map(|code| ("a recovery code", code.clone())));
    secrets.push(("a session", browser.cookie("session").unwrap().to_owned()));
    browser.sign_out();

    let page = browser.visit("/fresh?token=application-secret-of-alice");
    secrets.push(("a pending login", browser.cookie("login").unwrap().to_owned()));
    let csrf = page.form().field("csrf").unwrap().to_owned();
    secrets.push(("an anti-forgery value", csrf));
    let wrong = "a mistyped passphrase of mine";
    secrets.push(("a wrong password", wrong.to_owned()));
    let page = browser.submit(&page, &[("username", "alice"), ("password", wrong)]);
    gate.advance(STEP);
    // People type passwords where names go.
    secrets.push(("a password typed as a name", "hunter2-hunter2".to_owned()));
    browser.submit(&page, &[("username", "hunter2-hunter2"), ("password", wrong)]);
    let page = browser.submit(&page, &[("username", "alice"), ("password", PASSWORD)]);
    let page = browser.follow(page);
    secrets.push(("a pending login", browser.cookie("login").unwrap().to_owned()));
    browser.submit(&page, &[("code", "918273")]);
    secrets.push(("a wrong code", "918273".to_owned()));
    gate.advance(STEP);
    let code = alice.code_at(gate.control.now(), 0);
    let page = browser.submit(&page, &[("code", &code)]);
    secrets.push(("a code", code));
    browser.follow(page);
    secrets.push(("a session", browser.cookie("session").unwrap().to_owned()));
    secrets.push(("a known browser", browser.cookie("browser").unwrap().to_owned()));
    secrets.push(("an assertion", echo.last().field("vestibule-assertion").unwrap().to_owned()));

    gate.advance(STEP);
    let page = browser.visit("/.vestibule/account/confirm/add-sms");
    let page = browser.submit(&page, &[("code", &alice.code_at(gate.control.now(), 0))]);
    let page = browser.follow(page);
    let page = browser.submit(&page, &[("phone", "+31612345678")]);
    let page = browser.follow(page);
    let sent = gate.outbox();
    let text = sent["messages"][0]["text"].as_str().unwrap_or_else(|| panic!("{sent} {}", page.text())).to_owned();
    let code = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap().to_owned();
    assert_eq!(browser.submit(&page, &[("code", &code)]).status, 303);
    secrets.push(("a code that was sent", code));
    secrets.push(("a telephone number", "612345678".to_owned()));
    let link = link_in(&gate.run(["user", "reset", "alice"]));
    secrets.push(("an invitation", link.rsplit('/').next().unwrap().to_owned()));
    let uri = gate.run(["factor", "add", "alice", "totp"]);
    let seed = uri.split("secret=").nth(1).unwrap().split(['&', '\n']).next().unwrap().to_owned();
    secrets.push(("a seed", seed));
    gate.run(["audit", "--json"]);
    (echo, gate, secrets)
}

/// ST-07: nothing of it lies in the data folder in clear, nor as base64 or hexadecimal digits of its bytes.
#[test]
fn st_07_nothing_secret_lies_in_the_data_folder() {
    let (_echo, mut gate, secrets) = a_day("");
    gate.kill();
    let mut looked_at = 0;
    for file in files(&gate.data()).into_iter().filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        looked_at += bytes.len();
        for (what, secret) in &secrets {
            // Six digits come up by chance in a file of megabytes.
            if secret.len() < 8 {
                continue;
            }
            let bare = secret.replace('-', "");
            let raw =
                data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap_or_else(|_| secret.clone().into_bytes());
            for form in
                [secret.as_bytes(), bare.as_bytes(), raw.as_slice(), data_encoding::HEXLOWER.encode(&raw).as_bytes()]
            {
                let found = bytes.windows(form.len()).any(|window| window == form);
                assert!(!found, "{what} lies in {}", file.display());
            }
        }
        // Names of people are not there either.
        assert!(!bytes.windows(10).any(|window| window == b"name/alice"), "{}", file.display());
    }
    assert!(looked_at > 1000, "there was something to look at");
}

/// ST-12, CF-14: nor in the log, at the most talkative level, in either format; nor in what the trail shows.
#[test]
fn st_12_nothing_secret_is_logged() {
    for format in ["text", "json"] {
        let (_echo, gate, secrets) = a_day(&format!("[log]\nlevel = \"trace\"\nformat = \"{format}\""));
        let (log, trail) = (gate.log(), gate.run(["audit", "--json"]));
        assert!(log.lines().count() > 20, "it talks: {log}");
        for (what, secret) in &secrets {
            for (place, text) in [("log", &log), ("trail", &trail)] {
                // A code of six digits may be part of a number: as a word it may not.
                let found = if secret.len() < 8 {
                    text.split(|c: char| !c.is_ascii_digit()).any(|word| word == secret)
                } else {
                    text.contains(secret.as_str())
                };
                let line = text.lines().find(|line| line.contains(secret.as_str())).unwrap_or_default();
                assert!(!found, "{what} is in the {place} ({format}): {line}");
            }
        }
        assert!(!log.contains("application-secret-of-alice"), "queries are the application's");
        if format == "json" {
            for line in log.lines() {
                serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            }
        }
    }
}

/// ST-13: what a stranger sends is one bounded line in which nothing steers a terminal, in the log and in the trail.
#[test]
fn st_13_a_stranger_writes_no_lines() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    gate.given_user("alice");
    let before = gate.log().lines().count();
    let mut browser = gate.visitor();
    let page = browser.visit("/");
    let long = "x".repeat(20_000);
    let names = [
        "a\nINFO forged line",
        "a\r\nb",
        "\u{1b}[2J\u{1b}]0;pwned\u{7}",
        "\u{202e}ecila",
        "\"},{\"kind\":\"verified\"",
        &long,
    ];
    for name in names {
        browser.submit(&page, &[("username", name), ("password", "x")]);
        gate.advance(2);
        browser.submit(&page, &[("username", "alice"), ("password", name)]);
        gate.advance(60);
    }
    for agent in ["a\u{202e}b \u{9b}2J", "\"},{\"kind\":\"verified\"", &"y".repeat(8_000)] {
        let mut browser = gate.visitor();
        browser.always.push(("User-Agent".to_owned(), agent.to_owned()));
        browser.goto("/a%0aINFO%20forged%1b[2J");
        let page = browser.goto("/.vestibule/login");
        if page.status == 200 {
            browser.submit(&page, &[("username", "alice"), ("password", "wrong")]);
        }
        gate.advance(60);
    }
    let mut wire = gate.wire();
    wire.send("GET /\u{1b}[2J HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let _ = wire.reply();
    let log = gate.log();
    for (place, text) in
        [("log", log.as_str()), ("trail", &gate.run(["audit"])), ("trail", &gate.run(["audit", "--json"]))]
    {
        for line in text.lines() {
            let odd = |c: char| {
                (c.is_control() && c != '\t')
                    || ('\u{202a}'..='\u{202e}').contains(&c)
                    || ('\u{2066}'..='\u{2069}').contains(&c)
            };
            assert!(!line.contains(odd), "{place}: {line:?}");
            assert!(!line.starts_with("INFO forged"), "{place}: {line}");
            assert!(line.len() < 4096, "{place}: a line of {} bytes", line.len());
        }
    }
    assert!(log.lines().count() > before);
    let verified = trail(&gate).iter().filter(|row| row["kind"] == "verified").count();
    assert_eq!(verified, 1, "the one there was");
}

/// The trail: one JSON object a line.
fn trail(gate: &Gate) -> Vec<Value> {
    let lines = gate.run(["audit", "--json"]);
    lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// ST-15: each step of a life is in the trail, with who, what, from where and in which request.
#[test]
fn st_15_the_trail_is_complete() {
    let (_echo, gate, _) = a_day("");
    let rows = trail(&gate);
    let of = |kind: &str| rows.iter().find(|row| row["kind"] == kind).unwrap_or_else(|| panic!("{kind} is missing"));
    for kind in [
        "configuration_loaded",
        "user_added",
        "invited",
        "invitation_used",
        "password_changed",
        "enrolled",
        "verified",
        "session_ended",
        "password_wrong",
        "password_right",
        "factor_wrong",
        "factor_right",
        "message_sent",
        "reset",
    ] {
        of(kind);
    }
    for kind in ["password_right", "factor_right", "verified", "enrolled", "password_wrong"] {
        let row = of(kind);
        assert_eq!((row["name"].as_str(), row["address"].as_str()), (Some("alice"), Some("127.0.0.1")), "{row}");
        assert!(row["request"].is_string() && row["user"].is_string(), "{row}");
    }
    assert!(of("factor_right")["factor"].is_string() && of("factor_right")["method"] == "totp");
    assert!(of("reset")["operator"].as_str().is_some_and(|operator| operator.contains("uid")));
    let request = of("verified")["request"].as_str().unwrap();
    let found = gate.run(["audit", "--request", request]);
    assert!(found.lines().count() >= 1 && found.contains("verified"));
}
