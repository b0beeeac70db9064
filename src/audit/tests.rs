use super::*;
use crate::clock::StillClock;
use crate::secret::{DerivedRandom, Key};
use crate::store::{KeyRing, MemoryStore};

const DAY: Duration = Duration::from_secs(86_400);

fn audit(keep: Duration, max_bytes: u64) -> (Audit, Arc<StillClock>) {
    let clock = Arc::new(StillClock::at(Time::from_secs(1_800_000_000)));
    let keys = Arc::new(KeyRing::new(Key::new([7; 32]), Vec::new()));
    let vault = Vault::new(Arc::new(MemoryStore::default()), keys, clock.clone(), Arc::new(DerivedRandom::seeded(1)));
    (Audit::new(vault, keep, max_bytes), clock)
}

fn from(address: &str) -> Origin {
    Origin { address: Some(address.parse::<IpAddr>().unwrap()), ..Origin::default() }
}

async fn all(audit: &Audit) -> Vec<Event> {
    audit.read(&Filter::default()).await.unwrap().into_iter().map(|(_, event)| event).collect()
}

#[tokio::test]
async fn events_are_read_in_the_order_of_time_and_followed() {
    let (audit, clock) = audit(DAY, 1 << 20);
    for kind in [Kind::UserAdded, Kind::PasswordRight, Kind::Verified] {
        audit.record(Event::new(kind, &Origin::default())).await.unwrap();
        clock.advance(Duration::from_secs(10));
    }
    let rows = audit.read(&Filter::default()).await.unwrap();
    let kinds: Vec<Kind> = rows.iter().map(|(_, event)| event.kind).collect();
    assert_eq!(kinds, [Kind::UserAdded, Kind::PasswordRight, Kind::Verified]);

    let after = Filter { after: Some(rows[0].0.clone()), limit: Some(1), ..Filter::default() };
    assert_eq!(audit.read(&after).await.unwrap(), rows[1..2]);
    let since = Filter { since: Some(rows[1].1.time), ..Filter::default() };
    assert_eq!(audit.read(&since).await.unwrap(), rows[1..]);
}

#[tokio::test]
async fn rows_are_found_by_user_and_by_request() {
    let (audit, _) = audit(DAY, 1 << 20);
    let random = DerivedRandom::seeded(2);
    let (alice, bob) = (UserName::parse("alice").unwrap(), UserName::parse("bob").unwrap());
    let request = RequestId::generate(&random);
    let asked = Origin { request: Some(request.clone()), ..Origin::default() };
    let id = UserId::generate(&random);
    audit.record(Event::new(Kind::Verified, &asked).user(id, &alice)).await.unwrap();
    audit.record(Event::new(Kind::Verified, &Origin::default()).user(id, &bob)).await.unwrap();

    let of_alice = Filter { user: Some(alice.clone()), ..Filter::default() };
    assert_eq!(audit.read(&of_alice).await.unwrap().len(), 1);
    let of_request = Filter { request: Some(request), ..Filter::default() };
    assert_eq!(audit.read(&of_request).await.unwrap()[0].1.name, Some(alice));
}

#[tokio::test]
async fn wrong_answers_are_joined_per_user_source_and_minute() {
    let (audit, clock) = audit(DAY, 1 << 20);
    let random = DerivedRandom::seeded(2);
    let name = UserName::parse("alice").unwrap();
    let [alice, bob, carol] = [(); 3].map(|()| UserId::generate(&random));
    let wrong = |user, address| Event::new(Kind::PasswordWrong, &from(address)).user(user, &name);
    for _ in 0..50 {
        audit.record(wrong(alice, "192.0.2.1")).await.unwrap();
    }
    audit.record(wrong(alice, "192.0.2.2")).await.unwrap();
    audit.record(wrong(bob, "192.0.2.1")).await.unwrap();
    assert_eq!(all(&audit).await.iter().map(|event| event.count).collect::<Vec<_>>(), [50, 1, 1]);

    // One customer has a whole /64, and no more rows for it.
    for address in ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:3", "2001:db8:0:1::1"] {
        audit.record(wrong(carol, address)).await.unwrap();
    }
    let counts = all(&audit).await.iter().map(|event| event.count).collect::<Vec<_>>();
    assert_eq!(counts, [50, 1, 1, 3, 1]);

    clock.advance(JOINED);
    audit.record(wrong(alice, "192.0.2.1")).await.unwrap();
    assert_eq!(all(&audit).await.len(), 6);
    audit.record(Event::new(Kind::PasswordRight, &from("192.0.2.1"))).await.unwrap();
    audit.record(Event::new(Kind::PasswordRight, &from("192.0.2.1"))).await.unwrap();
    assert_eq!(all(&audit).await.len(), 8, "what cannot be provoked at will keeps a row each");
}

/// The number on a page leads to a row, also where the row is that of an earlier page.
#[tokio::test]
async fn a_joined_row_is_found_by_each_of_its_requests() {
    let (audit, _) = audit(DAY, 1 << 20);
    let random = DerivedRandom::seeded(2);
    let requests: Vec<RequestId> = (0..REQUESTS * 2).map(|_| RequestId::generate(&random)).collect();
    for request in &requests {
        let origin = Origin { request: Some(request.clone()), ..from("192.0.2.1") };
        audit.record(Event::new(Kind::Refused, &origin)).await.unwrap();
        let of_request = Filter { request: Some(request.clone()), ..Filter::default() };
        assert_eq!(audit.read(&of_request).await.unwrap().len(), 1, "{request}");
    }
    let row = all(&audit).await.remove(0);
    assert_eq!((row.count as usize, row.joined.len()), (requests.len(), REQUESTS), "and it stays small");
    assert!(row.is_of(&requests[0]) && !row.is_of(&requests[1]));
}

#[tokio::test]
async fn a_strangers_text_is_one_harmless_line() {
    let (audit, _) = audit(DAY, 1 << 20);
    let agent = format!("Mozilla\r\n2026 root \u{1b}[2J\u{202e}{}", "é".repeat(300));
    let origin = Origin { agent: Some(agent), ..Origin::default() };
    audit.record(Event::new(Kind::Refused, &origin).detail("x".repeat(500))).await.unwrap();
    let event = all(&audit).await.remove(0);
    let agent = event.origin.agent.unwrap();
    assert!(agent.starts_with("Mozilla\\u{d}\\u{a}2026 root \\u{1b}[2J\\u{202e}é"), "{agent}");
    assert!(agent.len() <= MAX_TEXT && agent.len() > MAX_TEXT - 4);
    assert_eq!(event.detail.unwrap().len(), MAX_TEXT);
}

#[tokio::test]
async fn old_rows_go_by_age() {
    let (audit, clock) = audit(DAY, 1 << 20);
    audit.record(Event::new(Kind::Verified, &Origin::default())).await.unwrap();
    clock.advance(DAY / 2);
    audit.record(Event::new(Kind::Verified, &Origin::default())).await.unwrap();
    clock.advance(DAY / 2);
    assert_eq!(all(&audit).await.len(), 1);
    // A retention that was made shorter holds for rows that were written before.
    let shorter = Audit { keep: DAY / 4, ..audit.clone() };
    assert_eq!(shorter.prune().await.unwrap(), 1);
    assert!(all(&audit).await.is_empty());
}

#[tokio::test]
async fn the_oldest_rows_go_when_there_are_too_many() {
    let (audit, clock) = audit(400 * DAY, 100 * 2 * ROW_COST);
    for _ in 0..350 {
        audit.record(Event::new(Kind::Verified, &Origin::default())).await.unwrap();
        clock.advance(Duration::from_millis(1));
    }
    let newest = audit.read(&Filter::default()).await.unwrap().pop().unwrap();
    assert_eq!(audit.prune().await.unwrap(), 260);
    let rows = audit.read(&Filter::default()).await.unwrap();
    assert_eq!(rows.len(), 90);
    assert_eq!(rows.last(), Some(&newest));
    assert_eq!(audit.prune().await.unwrap(), 0);
    for _ in 0..11 {
        audit.record(Event::new(Kind::Verified, &Origin::default())).await.unwrap();
    }
    assert_eq!(audit.prune().await.unwrap(), 11);
}
