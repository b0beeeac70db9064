//! The operator's side: what commands say, and by which code they end, when something is not as it should be. Whatever
//! goes wrong is a sentence and a remedy, never a panic, and a remedy is something that can be done.

use std::fs::OpenOptions;
use std::process::{Command, Stdio};

use crate::harness::{Echo, Gate, until};

/// `vestibule …` on this gate's configuration, to be run with another standard output.
fn command(gate: &Gate, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("VESTIBULE_")) {
        command.env_remove(name);
    }
    command.args(arguments).arg("--config").arg(gate.config_file()).current_dir(gate.folder.path());
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

#[test]
fn an_output_that_cannot_be_written_is_an_answer() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    gate.given_password_user("alice");
    let url = format!("{}/", gate.origin);
    let closed: [&[&str]; 5] = [&["audit"], &["user", "list"], &["reference"], &["explain", &url], &["check"]];
    for arguments in closed {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let said = command(&gate, arguments).stdout(writer).output().unwrap();
        let err = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!((said.status.code(), err.as_str()), (Some(0), ""), "{arguments:?}");
    }
    let full = |arguments: &[&str]| {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let said = command(&gate, arguments).stdout(full).output().unwrap();
        let err = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(said.status.code(), Some(1), "{arguments:?}: {err}");
        assert_eq!(err.lines().count(), 2, "{arguments:?}: {err}");
        err
    };
    full(&["user", "list"]);
    full(&["completions", "bash"]);
    let lost = full(&["user", "add", "bob"]);
    assert!(lost.contains("vestibule user invite bob"), "{lost}");
    gate.run(["user", "invite", "bob"]);
}

#[test]
fn codes_say_whose_turn_it_is() {
    let echo = Echo::start();
    let mut gate = Gate::before(&echo).start();
    gate.given_password_user("alice");
    assert_eq!(gate.cli(["user", "add", "bob", "--email", "nowhere"]).code, 2);
    assert_eq!(gate.cli(["user", "set", "alice", "--email", "nowhere"]).code, 2);
    assert_eq!(gate.cli(["user", "set", "alice"]).code, 2, "nothing to set");
    assert_eq!(gate.cli_with(&["factor", "add", "alice", "totp", "--secret-stdin"], "short\n").code, 2);
    assert_eq!(gate.cli(["user", "show", "bob"]).code, 1);

    gate.kill();
    let key = gate.data().join("keys/sealing.key");
    let right = std::fs::read(&key).unwrap();
    assert_eq!(gate.cli_alone(&["init", "other"]).code, 0);
    std::fs::copy(gate.folder.path().join("other/data/keys/sealing.key"), &key).unwrap();
    let said = gate.cli(["serve"]);
    assert_eq!(said.code, 78, "another key: {}", said.err);
    std::fs::write(&key, right).unwrap();
    assert_eq!(gate.cli(["user", "list"]).code, 0);
    std::fs::remove_dir_all(gate.data().join("store")).unwrap();
    let said = gate.cli(["serve"]);
    assert_eq!(said.code, 78, "a damaged store: {}", said.err);
}

#[test]
fn commands_without_a_server_wait_for_one_another() {
    let echo = Echo::start();
    let mut gate = Gate::before(&echo).start();
    gate.kill();
    let names = ["ann", "ben", "cem", "dee"];
    let started: Vec<_> = (names.iter())
        .map(|name| command(&gate, &["user", "add", name]).stdout(Stdio::piped()).spawn().unwrap())
        .collect();
    for child in started {
        let said = child.wait_with_output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }
    let list = gate.run(["user", "list"]);
    assert!(names.iter().all(|name| list.contains(name)), "{list}");
}

#[test]
fn explain_has_a_verdict_for_everything_that_can_be_asked() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let url = |path: &str| format!("{}{path}", gate.origin);
    for (arguments, verdict) in [
        (vec!["explain", &url("/a/%2e%2e/b")], "400: "),
        (vec!["explain", "--http-method", "CONNECT", &url("/a")], "405: "),
        (vec!["explain", &url("/a")], "ask for two factors"),
    ] {
        let said = gate.cli_with(&arguments, "");
        assert!(said.code == 0 && said.out.contains(&format!("verdict  {verdict}")), "{}{}", said.out, said.err);
    }
    let said = gate.cli(["explain", "--level", "verified", &url("/a")]);
    assert_eq!(said.code, 2, "a level of nobody: {}", said.out);
}

#[test]
fn the_trail_says_what_was_changed_and_who_is_not_in_it() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    gate.given_password_user("alice");
    gate.run(["user", "set", "alice", "--email", "alice@example.com", "--no-groups"]);
    assert!(gate.run(["audit", "--user", "alice"]).contains("email, groups"));
    let said = gate.cli(["audit", "--user", "alcie"]);
    assert!(said.code == 0 && said.out.is_empty() && said.err.contains("alcie"), "{}{}", said.out, said.err);
    gate.run(["user", "remove", "alice"]);
    let said = gate.cli(["audit", "--user", "alice"]);
    assert!(said.out.contains("user_removed") && said.err.is_empty(), "{}{}", said.out, said.err);
}

#[test]
fn a_factor_of_the_operators_says_from_when_it_is_good() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    gate.given_password_user("alice");
    assert!(gate.run(["factor", "add", "alice", "totp"]).contains("the next one is the first"));
}

#[test]
fn a_reload_says_what_became_of_it() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let good = std::fs::read_to_string(gate.config_file()).unwrap();
    let reload = |text: &str, said: &str| {
        let before = gate.log().matches(said).count();
        gate.reload(text);
        until(said, 10, || (gate.log().matches(said).count() > before).then_some(()));
    };
    assert!(gate.run(["audit"]).contains("at the start, sites: 1"));
    reload(&good.replace("[listen]", "[listen]\nno = 1"), "the old one stays in force");
    std::fs::write(gate.config_file(), &good).unwrap();
    until("a row", 10, || gate.run(["audit"]).contains("configuration_refused").then_some(()));
    reload(&format!("[session]\nidle = \"7m\"\n{good}"), "nothing of the new configuration is in force");
    assert!(gate.run(["audit"]).contains("at the next start: session"));
    // What waits goes on waiting, until it is taken back.
    reload(&format!("[session]\nidle = \"7m\"\n{good}"), "nothing of the new configuration is in force");
    assert!(!gate.log().contains("no key of it has changed"));
    reload(&good, "no key of it has changed");
    assert_eq!(gate.log().matches("taken at the next start").count(), 2, "{}", gate.log());
}

/// What waits for the next start is not in force by half: neither in what pages show, nor in what they take.
#[test]
fn what_waits_for_the_next_start_waits_as_a_whole() {
    let echo = Echo::start();
    let mut gate = Gate::before(&echo).start();
    let alice = gate.given_user("alice");
    let box_is_shown = |gate: &Gate| gate.visitor().give_password(&alice, "/").form().has("trust");
    let good = std::fs::read_to_string(gate.config_file()).unwrap();
    let next = "[session]\ntrusted_browser = \"0s\"\ncookie = \"other\"\n[branding]\nname = \"Acme\"\n";
    gate.reload(&format!("{next}{good}"));
    until("the reload", 10, || gate.log().contains("the new configuration is in force").then_some(()));
    let mut browser = gate.visitor();
    let page = browser.visit("/");
    assert!(page.html().contains("Acme"), "what can be taken is: {}", page.text());
    assert!(box_is_shown(&gate));
    browser.sign_in(&alice, "/").assert_at("/", 200);
    gate.restart();
    assert!(!box_is_shown(&gate));
    assert_ne!(browser.goto("/").status, 200, "the cookie has its other name now");
}

/// docs/json.md: one object that says by `outcome` what it is, good or bad; people go on reading the standard error.
#[test]
fn what_is_printed_for_programs_has_one_shape() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    gate.given_password_user("alice");
    let users = gate.folder.path().join("users");
    std::fs::write(&users, format!("bob:{}\n", crate::import::BCRYPT)).unwrap();
    let (url, users) = (format!("{}/", gate.origin), users.display().to_string());
    let commands: [(&[&str], i32, &str); 12] = [
        (&["check"], 0, "good"),
        (&["explain", &url], 0, "explained"),
        (&["doctor", &url], 0, "examined"),
        (&["user", "list"], 0, "users"),
        (&["user", "show", "alice"], 0, "user"),
        (&["user", "unlock", "alice"], 0, "done"),
        (&["user", "import", &users, "--dry-run"], 0, "would_import"),
        (&["user", "import", &users], 0, "imported"),
        (&["health"], 0, "health"),
        (&["user", "show", "nobody"], 1, "failed"),
        (&["session", "end", "no name"], 2, "failed"),
        (&["explain", &url, "--age", "long"], 2, "failed"),
    ];
    for (arguments, code, outcome) in commands {
        let said = gate.cli_in(&[], &[arguments, &["--json"]].concat(), "");
        assert_eq!(said.code, code, "{arguments:?}: {}{}", said.out, said.err);
        let told: serde_json::Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.out));
        assert_eq!(told["outcome"], outcome, "{arguments:?}: {told:#}");
        assert_eq!(said.err.is_empty(), code == 0, "{arguments:?}: {}", said.err);
    }
    for row in gate.run(["audit", "--json"]).lines() {
        assert!(serde_json::from_str::<serde_json::Value>(row).unwrap()["kind"].is_string(), "{row}");
    }
    std::fs::write(gate.config_file(), "[listn]").unwrap();
    let said = gate.cli(["user", "list", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &told["outcome"]), (78, &"refused".into()), "{told:#}");
    assert_eq!(told["problems"][0]["key"], "listn", "{told:#}");
}

/// A flag that would change nothing is a mistake of whoever typed it.
#[test]
fn a_flag_that_means_nothing_is_refused() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let ignored: [&[&str]; 6] = [
        &["init", "new", "--config", "new.toml"],
        &["init", "new", "--data", "elsewhere"],
        &["init", "new", "--json"],
        &["demo", "--config", "gone.toml"],
        &["serve", "--json"],
        &["reference", "--json"],
    ];
    for arguments in ignored {
        let said = gate.cli_alone(arguments);
        assert_eq!(said.code, 2, "{arguments:?}: {}{}", said.out, said.err);
        assert!(said.err.contains("means nothing to this command"), "{arguments:?}: {}", said.err);
    }
    assert!(!gate.folder.path().join("new").exists());
    assert_eq!(gate.cli_alone(&["init", "new"]).code, 0);
    // What is all commands' own stands last.
    let help = gate.cli_alone(&["user", "add", "--help"]).out;
    let at = |word: &str| help.find(word).unwrap_or_else(|| panic!("{word}: {help}"));
    assert!(at("--email") < at("--password-stdin") && at("--password-stdin") < at("--config"), "{help}");
    let user = gate.given_password_user("alice");
    gate.run(["user", "disable", &user.name]);
    assert!(gate.run(["user", "unlock", &user.name]).contains("still disabled"));
}

/// A gate that has no file is told by its folder.
#[test]
fn a_gate_without_a_file_can_be_looked_after() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("VESTIBULE_")) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(folder.path()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let serve = ["serve", "--upstream", "http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--data", "data"];
    let mut gate = run(&serve).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let well = || run(&["health", "--data", "data"]).output().unwrap().status.success().then_some(());
    until("the gate to answer", 30, well);
    let code = |arguments: &[&str]| run(arguments).output().unwrap().status.code();
    assert_eq!(code(&["user", "add", "alice", "--data", "data"]), Some(0), "by the server");
    assert_eq!(code(&["user", "list"]), Some(78), "which gate?");
    gate.kill().unwrap();
    gate.wait().unwrap();
    let said = run(&["user", "list", "--data", "data"]).output().unwrap();
    assert!(String::from_utf8_lossy(&said.stdout).contains("alice"), "by itself");
    assert_eq!(code(&["check", "--data", "data"]), Some(2), "there is nothing to check");
    std::fs::write(folder.path().join("vestibule.toml"), "").unwrap();
    assert_eq!(code(&["user", "list", "--data", "data"]), Some(2), "a file and --data");
}

/// What was refused before it was read is in the log with its reason and its sender, and with nothing that was sent.
#[test]
fn a_refused_request_can_be_told_from_the_log() {
    let echo = Echo::start();
    let gate = Gate::before(&echo).start();
    let mut browser = gate.visitor();
    assert_eq!(browser.goto("/a/%2e%2e/b?secret=1").status, 400);
    let line = until("the access line", 5, || {
        gate.log().lines().find(|line| line.contains("status=400")).map(ToOwned::to_owned)
    });
    assert!(line.contains("client=127.0.0.1") && line.contains("error=\"the target is not one path\""), "{line}");
    assert!(!line.contains("%2e") && !line.contains("secret"), "{line}");
    echo.assert_untouched("a refused request");
}
