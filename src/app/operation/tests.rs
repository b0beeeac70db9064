//! Operations against real parts over a real store, and through the socket.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::account::Enrolment;
use crate::app::admin::{AdminSocket, ask};
use crate::app::{Machine, Plan};
use crate::config::{Source, load};

fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

fn secret(text: &str) -> Option<Secret<String>> {
    Some(Secret::new(text.to_owned()))
}

async fn parts(folder: &std::path::Path) -> Arc<Parts> {
    let flags = format!(
        r#"
        store.path = "{}"
        password = {{ memory = "1MiB", iterations = 1 }}
        [[site]]
        url = "https://wiki.example.test"
        upstreams = ["http://127.0.0.1:1"]
        rules = [{{ policy = "two_factor" }}]
        "#,
        folder.display()
    );
    let loaded = load(&Source { file: None, environment: Vec::new(), flags }).expect("a good configuration");
    let machine = Machine::real();
    let plan = Plan::build(&loaded, &machine).expect("a good configuration");
    Parts::open(plan, machine, false).await.expect("the parts")
}

fn add(text: &str, password: Option<Secret<String>>) -> Operation {
    let (display_name, email, groups) = (None, None, Vec::new());
    Operation::UserAdd { name: name(text), display_name, email, groups, reuse_name: false, password }
}

async fn card(parts: &Parts, text: &str) -> Box<crate::app::UserCard> {
    match run(parts, Operation::UserShow { name: name(text) }, "test").await {
        Ok(Outcome::User(card)) => card,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_user_is_added_changed_reset_and_removed_and_each_deed_names_its_operator() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path()).await;
    let invited = match run(&parts, add("Alice", None), "root (uid 0)").await {
        Ok(Outcome::Invited(invited)) => invited,
        other => panic!("{other:?}"),
    };
    assert!(invited.link.starts_with("https://wiki.example.test/.vestibule/invite/"), "{}", invited.link);
    assert!(run(&parts, add("alice", None), "test").await.is_err(), "the same name in another spelling");

    let added = run(&parts, Operation::FactorAddTotp { name: name("alice"), secret: None }, "test").await;
    let uri = match added {
        Ok(Outcome::FactorAdded { uri, .. }) => uri,
        other => panic!("{other:?}"),
    };
    assert!(uri.starts_with("otpauth://totp/wiki.example.test:alice?secret="), "{uri}");
    let shown = card(&parts, "alice").await;
    assert_eq!((shown.line.enrolment, shown.methods.len()), (Enrolment::Enrolled, 1));
    let refused = run(&parts, Operation::UserInvite { name: name("alice") }, "test").await.unwrap_err();
    assert!(refused.remedy.contains("user reset alice"), "{refused}");

    run(&parts, Operation::UserReset { name: name("alice") }, "test").await.expect("reset");
    let shown = card(&parts, "alice").await;
    assert_eq!((shown.line.enrolment, shown.methods.len()), (Enrolment::Reset, 0));
    run(&parts, Operation::UserRemove { name: name("alice") }, "test").await.expect("removed");
    assert!(run(&parts, Operation::UserShow { name: name("alice") }, "test").await.is_err());
    let retired = run(&parts, add("alice", None), "test").await.unwrap_err();
    assert!(retired.remedy.contains("--reuse-name"), "{retired}");

    let Ok(Outcome::Audit { rows }) = run(&parts, Operation::Audit(Filter::default()), "test").await else {
        panic!("no audit rows");
    };
    for kind in [Kind::UserAdded, Kind::Invited, Kind::Enrolled, Kind::Reset, Kind::UserRemoved] {
        let row = rows.iter().find(|row| row.event.kind == kind);
        assert!(row.is_some_and(|row| row.event.origin.operator.is_some()), "{kind:?}");
    }
    parts.close().await;
}

#[tokio::test]
async fn only_the_newest_invitation_works() {
    use crate::secret::{InvitationKind, Token};
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path()).await;
    let link = |outcome: Result<Outcome, Failure>| match outcome {
        Ok(Outcome::Invited(invited)) => invited.link,
        other => panic!("{other:?}"),
    };
    let first = link(run(&parts, add("alice", None), "test").await);
    let second = link(run(&parts, Operation::UserInvite { name: name("alice") }, "test").await);
    let user = parts.accounts.by_name(&name("alice")).await.expect("the store").expect("alice");
    for (link, good) in [(first, false), (second, true)] {
        let token = Token::<InvitationKind>::parse(link.rsplit('/').next().unwrap()).expect("a token");
        let behind = parts.tickets.peek(&token).await.expect("the store").expect("it is there").value;
        assert_eq!(behind.user, user.id);
        assert_eq!(behind.generation == user.generation, good);
    }
    parts.close().await;
}

#[tokio::test]
async fn a_password_is_set_within_the_floor_and_ends_what_was_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path()).await;
    run(&parts, add("alice", secret("a long enough one")), "test").await.expect("added");
    let before = parts.accounts.by_name(&name("alice")).await.expect("the store").expect("alice").generation;
    let short = Operation::UserPassword { name: name("alice"), password: secret("short") };
    assert!(run(&parts, short, "test").await.is_err());
    let good = Operation::UserPassword { name: name("alice"), password: secret("another long one") };
    run(&parts, good, "test").await.expect("set");
    let user = parts.accounts.by_name(&name("alice")).await.expect("the store").expect("alice");
    assert!(user.generation > before && card(&parts, "alice").await.password);
    parts.close().await;
}

#[tokio::test]
async fn the_socket_answers_as_a_command_without_a_server_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path()).await;
    let socket = AdminSocket::bind(folder.path()).expect("bound");
    let stop = CancellationToken::new();
    let serving = tokio::spawn(socket.serve(parts.clone(), stop.clone()));
    let asked = ask(folder.path(), &add("alice", secret("a long enough one"))).await;
    asked.expect("asked").expect("a server runs").expect("added");
    let shown = ask(folder.path(), &Operation::UserList).await.expect("asked").expect("a server runs");
    assert!(matches!(shown, Ok(Outcome::Users { users }) if users.len() == 1));
    let Ok(Outcome::Audit { rows }) = run(&parts, Operation::Audit(Filter::default()), "test").await else {
        panic!("no audit rows");
    };
    let operator = crate::app::admin::login_name(rustix::process::geteuid().as_raw());
    assert!(rows.iter().all(|row| row.event.origin.operator.as_deref() == Some(operator.as_str())), "{rows:?}");
    stop.cancel();
    serving.await.expect("stopped");
    parts.close().await;
}

/// Bounded in bytes: a peer of the right user may still be a broken program.
#[tokio::test]
async fn a_line_without_an_end_is_not_read_for_ever() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path()).await;
    let socket = AdminSocket::bind(folder.path()).expect("bound");
    let stop = CancellationToken::new();
    let serving = tokio::spawn(socket.serve(parts.clone(), stop.clone()));
    let mut stream = tokio::net::UnixStream::connect(folder.path().join("admin.sock")).await.expect("connected");
    // The far end may close before all is written.
    let _ = stream.write_all(&vec![b'x'; 1 << 20]).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    stop.cancel();
    serving.await.expect("stopped");
    parts.close().await;
}

#[test]
fn an_operation_comes_out_of_the_socket_as_it_went_in() {
    let password = Some(Secret::new("correct horse".to_owned()));
    for operation in [
        Operation::Health,
        Operation::UserPassword { name: name("alice"), password },
        Operation::SessionEnd { which: SessionEnd::User(name("alice")) },
        Operation::SessionEnd { which: SessionEnd::All },
        Operation::Audit(Filter { limit: Some(3), ..Filter::default() }),
        Operation::KeysRotateSigning,
    ] {
        let line = serde_json::to_string(&operation).unwrap();
        let back: Operation = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), line);
    }
}

#[test]
fn an_operation_with_something_unknown_in_it_is_none() {
    for line in [
        r#"{"operation":"user_show","name":"alice","also":1}"#,
        r#"{"operation":"open_sesame"}"#,
        r#"{"operation":"user_show","name":"al ice"}"#,
    ] {
        assert!(serde_json::from_str::<Operation>(line).is_err(), "{line}");
    }
}

#[test]
fn st_13_a_password_is_not_printed_with_its_operation() {
    let operation = Operation::UserPassword { name: name("alice"), password: Some(Secret::new("hunter2".to_owned())) };
    assert!(!format!("{operation:?}").contains("hunter2"));
}

#[test]
fn a_failure_is_what_and_what_to_do() {
    let mut problems = Problems::default();
    problems.add("site[0].url", "is no url", "write one");
    let failure = Failure::from(problems);
    assert_eq!(failure.what, "site[0].url: is no url");
    assert_eq!(failure.remedy, "write one");
    assert!(failure.configuration);
}
