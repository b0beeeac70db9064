//! Users of another program, taken over: 500 in one go, with the hashes they have, or nobody at all.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::{Echo, Gate, PASSWORD, User, until};

/// All of [`PASSWORD`]; made by crypt(3) and openssl.
pub const BCRYPT: &str = "$2y$05$abcdefghijklmnopqrstuussfBnph3nqL0wTWtGcgn8VqAumr4G0a";
const SHA512: &str =
    "$6$saltsalt$2YeRLibDzN/RAZhesUum.P15/6nvaRSSaTPZffUSs6AluGIjboWpREXKV7IbpL.PiRac0ZN3hbM7mV2aX86Zu1";
const APR1: &str = "$apr1$abcdefgh$bWCvpqam7m2Nz3iUkZAgM1";
const RULES: &str = rules! { "/known/**" => "one_factor", _ => "two_factor" };

fn bench() -> (Echo, Gate) {
    let echo = Echo::start();
    let gate = Gate::before(&echo).config("[gateway.email]\nkind = \"console\"").rules(RULES).start();
    (echo, gate)
}

fn file(gate: &Gate, text: &str) -> String {
    let path = gate.folder.path().join("users");
    fs::write(&path, text).expect("the folder can be written");
    path.display().to_string()
}

fn out(gate: &Gate) -> PathBuf {
    gate.folder.path().join("invitations")
}

fn named(name: &str) -> User {
    User { name: name.to_owned(), password: PASSWORD.to_owned(), secret: String::new(), recovery_codes: Vec::new() }
}

fn names(gate: &Gate) -> Vec<String> {
    let users: Value = serde_json::from_str(&gate.run(["user", "list", "--json"])).expect("JSON");
    users["users"].as_array().expect("users").iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
}

/// Each form signs in by the password it was made of, and by no other; again after the first time, when it is our own.
#[test]
fn hashes_of_other_programs_open_what_they_opened() {
    let (echo, gate) = bench();
    let users =
        file(&gate, &format!("\u{feff}# of the wiki\r\nAlice:{BCRYPT}\r\nbob:{SHA512}\r\n\r\ncarol:{APR1}\r\n"));
    let said = gate.run(["user", "import", &users]);
    assert!(said.contains("3 were added"), "{said}");
    for name in ["alice", "bob", "carol"] {
        let user = named(name);
        let mut wrong = gate.visitor();
        let page = wrong.visit("/known/a");
        let page = wrong.submit(&page, &[("username", name), ("password", "a door in the west wall")]);
        assert_eq!(page.status, 200, "{name}: a wrong one");
        echo.forget();
        gate.advance(5);
        for time in ["first", "second"] {
            let mut browser = gate.visitor();
            assert_eq!(browser.give_password(&user, "/known/a").status, 200, "{name}, the {time} time");
            assert_eq!(echo.last().field("remote-user"), Some(name));
        }
        // No way around the second factor.
        let mut browser = gate.visitor();
        assert_ne!(browser.give_password(&user, "/locked").status, 200, "{name}");
    }
    assert!(gate.run(["audit", "--user", "alice", "--json"]).contains("imported"));
    // No hash of theirs lies open in the data folder.
    let mut files = vec![gate.data()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(bytes) = fs::read(&path) {
            let found = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(![BCRYPT, SHA512, APR1].into_iter().any(found), "{}", path.display());
        }
    }
}

/// Every problem at once, each with its line, and nobody added; the dry run says the same.
#[test]
fn a_file_with_a_mistake_adds_nobody() {
    let (_echo, gate) = bench();
    gate.given_password_user("there");
    gate.given_password_user("gone");
    gate.run(["user", "remove", "gone"]);
    let lines = [
        format!("alice:{BCRYPT}"),
        "bob:hunter2".to_owned(),
        "carol:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=".to_owned(),
        "dave:abzlUXK5ed5rs".to_owned(),
        "erin:$1$aa$2PtxCS.ei0jou2gZ339Kp0".to_owned(),
        format!("ALICE:{APR1}"),
        format!("no/name:{APR1}"),
        format!("frank:{}", BCRYPT.replace("$05$", "$20$")),
        format!("grace:{}", "a".repeat(3000)),
        "no colon".to_owned(),
        format!("gone:{APR1}"),
        format!("there:{APR1}"),
    ];
    let users = file(&gate, &lines.join("\n"));
    let before = names(&gate);
    let mut told = Vec::new();
    for dry in [true, false] {
        let mut arguments = vec!["user", "import", &users];
        arguments.extend(dry.then_some("--dry-run"));
        let said = gate.cli_with(&arguments, "");
        assert_eq!(said.code, 1, "{}{}", said.out, said.err);
        assert!(said.err.contains("nobody was added"), "{}", said.err);
        assert!(!format!("{}{}", said.out, said.err).contains("hunter2"), "what may be a password is not repeated");
        let numbers: Vec<usize> =
            said.out.lines().filter_map(|line| line.strip_prefix("line ")?.split(':').next()?.parse().ok()).collect();
        assert_eq!(numbers, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11], "{}", said.out);
        told.push(said.out);
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(names(&gate), before);
    let said = gate.cli(["user", "import", "/nowhere/at/all"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
}

/// 500 at once, with their invitations in a file that is its owner's alone; a second run changes nothing; and on a store
/// that no server holds, too.
#[test]
fn five_hundred_users_in_one_go() {
    let (_echo, mut gate) = bench();
    let forms = [BCRYPT, SHA512, APR1];
    let text = |count: usize| -> String { (0..count).map(|n| format!("user{n}:{}\n", forms[n % 3])).collect() };
    let users = file(&gate, &text(500));
    let dry = gate.run(["user", "import", &users, "--dry-run"]);
    assert!(dry.contains("500 would be added") && names(&gate).is_empty(), "{dry}");

    let (to, path) = (out(&gate), out(&gate).display().to_string());
    let said = gate.run(["user", "import", &users, "--invitations", &path, "--json"]);
    let told: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(told["added"].as_array().map(Vec::len), Some(500));
    assert_eq!(names(&gate).len(), 500);
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    let letters = fs::read_to_string(&to).unwrap();
    assert_eq!(letters.lines().count(), 500);
    assert!(!said.contains("/invite/"), "links stand in the file alone");
    let line = letters.lines().find(|line| line.starts_with("user7\t")).expect("user7 is invited");
    let link = line.split('\t').nth(1).expect("a link");
    let (user, _) = gate.visitor().accept("user7", link);
    assert_eq!(gate.visitor().sign_in(&user, "/locked").status, 200, "invited, and in");

    let again = gate.run(["user", "import", &users]);
    assert!(again.contains("0 were added, 500 are there already"), "{again}");
    assert_eq!(gate.visitor().sign_in(&user, "/locked").status, 200, "who is there is left alone");
    let taken = gate.cli(["user", "import", &file(&gate, &text(501)), "--invitations", &path]);
    assert_eq!(taken.code, 1, "a file that is there is not written over: {}", taken.err);
    assert_eq!(names(&gate).len(), 500);

    gate.kill();
    fs::remove_file(gate.data().join("admin.sock")).ok();
    let said = gate.run(["user", "import", &file(&gate, &text(520))]);
    assert!(said.contains("20 were added, 500 are there already"), "{said}");
    assert_eq!(names(&gate).len(), 520);
}

/// Whoever was added by a run that was cut off before it wrote down the link gets one by the next run; nobody else does.
#[test]
fn a_run_that_was_cut_off_is_run_again() {
    let (_echo, gate) = bench();
    let link = |letters: &str, name: &str| {
        let line = letters.lines().find(|line| line.starts_with(&format!("{name}\t")))?;
        line.split('\t').nth(1).map(str::to_owned)
    };
    // What a client asks that does not live to see the answer.
    let newcomer = |name: &str| json!({ "name": name, "hash": BCRYPT, "email": null });
    let terms = json!({ "invite": true, "mail": false, "dry_run": false });
    let cut = json!({ "operation": "user_import", "users": [newcomer("alice"), newcomer("bob")], "terms": terms });
    let first = gate.control.ask(&cut).to_string();
    assert!(first.contains("/invite/"), "{first}");
    gate.given_password_user("carol");
    let users = file(&gate, &["alice", "bob", "carol", "dave"].map(|name| format!("{name}:{BCRYPT}")).join("\n"));

    let path = out(&gate).display().to_string();
    let dry = gate.run(["user", "import", &users, "--dry-run", "--invitations", &path]);
    assert!(
        dry.contains("1 would be added, 3 are there already") && dry.contains("2 of them would be invited"),
        "{dry}"
    );
    assert!(!out(&gate).exists(), "a dry run leaves nothing");
    let said = gate.run(["user", "import", &users, "--invitations", &path]);
    assert!(said.contains("2 of them were invited anew") && said.contains("3 invitations stand in"), "{said}");
    let letters = fs::read_to_string(out(&gate)).unwrap();
    assert!(link(&letters, "carol").is_none() && link(&letters, "dave").is_some(), "{letters}");
    let (alice, _) = gate.visitor().accept("alice", &link(&letters, "alice").expect("alice is invited anew"));
    assert_eq!(gate.visitor().sign_in(&alice, "/locked").status, 200);

    // Bob gives the password that was imported: it is ours from then on, and he has come.
    assert_eq!(gate.visitor().give_password(&named("bob"), "/known/a").status, 200);
    let dry = gate.cli(["user", "import", &users, "--dry-run", "--invitations", &path]);
    assert_eq!(dry.code, 1, "a file that is there, also in a dry run: {}", dry.out);
    assert!(dry.err.contains("cannot be made"), "{}", dry.err);
    fs::remove_file(out(&gate)).unwrap();
    gate.run(["user", "import", &users, "--invitations", &path]);
    let letters = fs::read_to_string(out(&gate)).unwrap();
    assert!(letters.starts_with("dave\t") && letters.lines().count() == 1, "who came is left alone: {letters}");
}

/// By mail to those who have an address; the others' are handed back.
#[test]
fn invitations_go_by_mail_where_there_is_an_address() {
    let (_echo, gate) = bench();
    let users = file(&gate, &format!("alice:{BCRYPT}:alice@example.com\nbob:{APR1}\n"));
    let said = gate.cli(["user", "import", &users, "--mail"]);
    assert_eq!(said.code, 1, "bob cannot be reached: {}", said.out);
    assert!(said.out.starts_with("line 2:") && names(&gate).is_empty(), "{}", said.out);

    let path = out(&gate).display().to_string();
    let said = gate.run(["user", "import", &users, "--mail", "--invitations", &path]);
    assert!(said.contains("1 invitations went by mail"), "{said}");
    // Another run invites bob anew, and can reach him no better; no link is printed for it.
    for more in [&["--dry-run"][..], &[]] {
        let said = gate.cli_with(&[&["user", "import", &users, "--mail"], more].concat(), "");
        assert_eq!(said.code, 1, "{}", said.out);
        assert!(said.out.starts_with("line 2:") && said.out.contains("user set bob --email"), "{}", said.out);
        assert!(!said.out.contains("/invite/"), "{}", said.out);
    }
    let letters = fs::read_to_string(&path).unwrap();
    assert!(letters.starts_with("bob\t") && letters.lines().count() == 1, "{letters}");
    let mail = until("a mail", 10, || {
        let outbox = gate.outbox();
        outbox["messages"].as_array().and_then(|all| all.iter().find(|mail| mail["to"] == "alice@example.com").cloned())
    });
    let link = crate::harness::link_in(mail["text"].as_str().expect("a text"));
    let (alice, _) = gate.visitor().accept("alice", &link);
    assert_eq!(gate.visitor().sign_in(&alice, "/locked").status, 200);
    gate.run(["user", "set", "bob", "--email", "bob@example.com"]);
    let said = gate.run(["user", "import", &users, "--mail"]);
    assert!(said.contains("1 invitations went by mail") && !said.contains("/invite/"), "{said}");
}
