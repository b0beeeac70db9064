//! What holds for every method that there is, and for every one that will be: told once, walking the list. What a method
//! promises alone is told in the file above.

use super::*;

/// What an honest user answers now, kept as the words that travel.
async fn asked(bench: &Bench, hands: &mut Hands, enrolled: &Enrolled, slot: &str) -> (CheckBegun, Answer) {
    let made = bench.begin("alice", enrolled, slot).await;
    let answer = hands.answer(&made.prompt, bench);
    (made, answer)
}

fn wrong() -> Answer {
    fields(&[("code", "wrong")])
}

/// TH-01, OT-01: each wrong answer doubles the wait, in which nothing is looked at, not even what is right; the right
/// one after it is taken, and ends the count.
#[tokio::test]
async fn wrong_answers_wait_ever_longer_and_a_right_one_ends_it() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    for (id, enrolled) in bench.each(&mut hands, "alice").await {
        for failures in 0..4 {
            let made = bench.begin("alice", &enrolled, "one").await;
            let checked = bench.check("alice", &made.begun, &wrong(), "one").await;
            assert!(matches!(checked, Checked::Wrong), "{id}: {checked:?}");
            let wait = Duration::from_secs(1 << failures);
            bench.clock.advance(wait - Duration::from_millis(1));
            let (pressed, codes) = (hands.token.counter, hands.codes.clone());
            let (made, answer) = asked(&bench, &mut hands, &enrolled, "one").await;
            let checked = bench.check("alice", &made.begun, &answer, "one").await;
            assert!(matches!(checked, Checked::Wait(_)), "{id} after {failures}: {checked:?}");
            // Not looked at, so not used.
            (hands.token.counter, hands.codes) = (pressed, codes);
            bench.clock.advance(Duration::from_millis(1));
        }
        bench.clock.advance(Duration::from_secs(120));
        let (made, answer) = asked(&bench, &mut hands, &enrolled, "one").await;
        let checked = bench.check("alice", &made.begun, &answer, "one").await;
        assert!(matches!(checked, Checked::Proved(_)), "{id}: {checked:?}");
        bench.clock.advance(Duration::from_secs(120));
        let made = bench.begin("alice", &enrolled, "one").await;
        bench.check("alice", &made.begun, &wrong(), "one").await;
        bench.clock.advance(Duration::from_secs(1));
        let (made, answer) = asked(&bench, &mut hands, &enrolled, "one").await;
        let checked = bench.check("alice", &made.begun, &answer, "one").await;
        assert!(!matches!(checked, Checked::Wait(_)), "{id}: the count began anew: {checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
}

/// OT-01, OT-15: a hundred wrong answers close the account to strangers, whichever method they were given to.
#[tokio::test]
async fn a_hundred_wrong_answers_to_any_methods_close_the_account() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    let all = bench.each(&mut hands, "alice").await;
    for n in 0..100 {
        let (id, enrolled) = &all[n % all.len()];
        let made = bench.begin("alice", enrolled, "one").await;
        let checked = bench.check("alice", &made.begun, &wrong(), "one").await;
        assert!(matches!(checked, Checked::Wrong), "{id} {n}: {checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
    for (id, enrolled) in &all {
        let (made, answer) = asked(&bench, &mut hands, enrolled, "one").await;
        let checked = bench.check("alice", &made.begun, &answer, "one").await;
        assert!(matches!(checked, Checked::Closed), "{id}: {checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
}

/// OT-07: of fifty wrong answers at once to fifty wizards one is looked at.
#[tokio::test]
async fn fifty_wrong_answers_at_once_are_one() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    for (id, enrolled) in bench.each(&mut hands, "alice").await {
        let made = bench.begin("alice", &enrolled, "one").await;
        let (given, slots) = (wrong(), (0..50).map(|n| format!("slot {n}")).collect::<Vec<_>>());
        let tries = slots.iter().map(|slot| bench.check("alice", &made.begun, &given, slot));
        let ends = futures_util::future::join_all(tries).await;
        assert_eq!(ends.iter().filter(|end| matches!(end, Checked::Wrong)).count(), 1, "{id}");
        assert!(ends.iter().all(|end| matches!(end, Checked::Wrong | Checked::Wait(_))), "{id}: {ends:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
}

/// OT-13: another user's factor is none: it cannot be begun, and what was begun for one's own proves nothing of it.
#[tokio::test]
async fn another_users_factor_is_none() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (Hands::new(1), Hands::new(2));
    bench.enrol("bob", &totp(), &mut bob).await;
    let bobs = bench.each(&mut bob, "bob").await;
    for ((id, hers), (_, his)) in bench.each(&mut alice, "alice").await.iter().zip(&bobs) {
        let (user, keep) = (bench.user("alice").await, |_: &Begun| Ok(Vec::new()));
        let origin = audit::Origin::default();
        let begun = bench.checks.begin(by(&user, &place(), &origin), &his.factor.id, None, keep).await;
        assert!(matches!(begun, Err(CheckError::Account(AccountError::NoSuchFactor))), "{id}: {begun:?}");
        let theirs = bench.begin("bob", his, "bob").await;
        let answer = bob.answer(&theirs.prompt, &bench);
        // Bob's question and Bob's answer, as Alice.
        let checked = bench.check("alice", &theirs.begun, &answer, "bob").await;
        assert!(matches!(checked, Checked::Gone | Checked::Wrong), "{id}: {checked:?}");
        bench.clock.advance(Duration::from_secs(1));
        // Alice's question, said to be of Bob's factor.
        let own = bench.begin("alice", hers, "alice").await;
        let forged = Begun { factor: Some(his.factor.id.clone()), ..own.begun };
        let checked = bench.check("alice", &forged, &answer, "alice").await;
        assert!(matches!(checked, Checked::Gone | Checked::Wrong), "{id}: {checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
}

/// What is begun is over when its time is, and no answer is looked at then.
#[tokio::test]
async fn what_was_begun_ends_in_time() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    for (id, enrolled) in bench.each(&mut hands, "alice").await {
        let (made, answer) = asked(&bench, &mut hands, &enrolled, "one").await;
        let life = made.begun.expires.since(bench.clock.now());
        assert!(life <= Duration::from_secs(600), "{id} lives {life:?}");
        bench.clock.advance(life);
        let checked = bench.check("alice", &made.begun, &answer, "one").await;
        assert!(matches!(checked, Checked::Gone), "{id}: {checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
}

/// A method that is switched off asks nothing, takes nothing and enrols nothing, also what was begun before; its factors
/// stay, and work again when it is on again.
#[tokio::test]
async fn a_method_that_is_switched_off_is_closed_and_keeps_its_factors() {
    let mut bench = Bench::new();
    let mut hands = Hands::new(1);
    let all = bench.each(&mut hands, "alice").await;
    let on = bench.checks.registry.clone();
    for (id, enrolled) in &all {
        let (made, answer) = asked(&bench, &mut hands, enrolled, "one").await;
        let others = on.iter().filter(|method| method.card().id != *id).cloned().collect();
        bench.checks.registry = Arc::new(Registry::new(others).unwrap());
        let (user, origin) = (bench.user("alice").await, audit::Origin::default());
        let keep = |_: &Begun| Ok(Vec::new());
        let checked =
            bench.checks.check(by(&user, &place(), &origin), &made.begun, &answer, &Lane::Strangers, Vec::new()).await;
        assert!(matches!(checked, Err(CheckError::NoSuchMethod(_))), "{id}: {checked:?}");
        let begun = bench.checks.begin(by(&user, &place(), &origin), &enrolled.factor.id, None, keep).await;
        assert!(matches!(begun, Err(CheckError::NoSuchMethod(_))), "{id}: {begun:?}");
        let begun = bench.begin_enrolment("alice", id, &Answer::default(), None).await;
        assert!(matches!(begun, Err(CheckError::NoSuchMethod(_))), "{id}: {begun:?}");
        let usable = bench.checks.usable(&user).await.unwrap();
        assert!(usable.iter().all(|row| row.value.method != *id), "{id}");
        assert_eq!(bench.checks.accounts.factors(&user).await.unwrap().len(), all.len(), "{id}: it stays");

        bench.checks.registry = on.clone();
        bench.clock.advance(Duration::from_secs(3600));
        let (made, answer) = asked(&bench, &mut hands, enrolled, "one").await;
        let checked = bench.check("alice", &made.begun, &answer, "one").await;
        assert!(matches!(checked, Checked::Proved(_)), "{id}: {checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
}

/// ST-01: a process that starts anew on the same store takes what was begun before, and nothing that was used before;
/// waits go on.
#[tokio::test]
async fn a_restart_forgets_no_use_and_no_wait() {
    let mut bench = Bench::new();
    let mut hands = Hands::new(1);
    for (id, enrolled) in bench.each(&mut hands, "alice").await {
        let (made, answer) = asked(&bench, &mut hands, &enrolled, "one").await;
        bench = bench.restarted();
        let checked = bench.check("alice", &made.begun, &answer, "one").await;
        assert!(matches!(checked, Checked::Proved(_)), "{id}: begun before: {checked:?}");
        bench = bench.restarted();
        let made = bench.begin("alice", &enrolled, "two").await;
        let checked = bench.check("alice", &made.begun, &answer, "two").await;
        assert!(matches!(checked, Checked::Wrong), "{id}: used before: {checked:?}");
        bench = bench.restarted();
        let checked = bench.check("alice", &made.begun, &wrong(), "two").await;
        assert!(matches!(checked, Checked::Wait(_)), "{id}: {checked:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
}

/// OT-20: what was asked for in one wizard is no answer in another, where the answer belongs to a challenge or a
/// message; and where it does not, it is good in one of them alone.
#[tokio::test]
async fn an_answer_is_good_in_one_wizard() {
    let bench = Bench::new();
    let mut hands = Hands::new(1);
    for (id, enrolled) in bench.each(&mut hands, "alice").await {
        let (first, answer) = asked(&bench, &mut hands, &enrolled, "one").await;
        let card = bench.checks.registry.get(&id).unwrap().card();
        bench.clock.advance(Duration::from_secs(61));
        let second = bench.begin("alice", &enrolled, "two").await;
        let bound = card.single_use_challenge || second.prompt.sent_to.is_some();
        let checked = bench.check("alice", &second.begun, &answer, "two").await;
        if bound {
            assert!(matches!(checked, Checked::Wrong), "{id}: {checked:?}");
        }
        bench.clock.advance(Duration::from_secs(2));
        let again = bench.check("alice", &first.begun, &answer, "one").await;
        assert!(
            !(bound && second.prompt.sent_to.is_some() && matches!(again, Checked::Proved(_))),
            "{id}: a newer one was sent"
        );
        let proved = [&checked, &again].iter().filter(|checked| matches!(checked, Checked::Proved(_))).count();
        assert!(proved <= 1, "{id}: {checked:?} {again:?}");
        bench.clock.advance(Duration::from_secs(3600));
    }
}

/// RE-17: whatever is added, taken away or used as a way back is told to the owner, once.
#[tokio::test]
async fn the_owner_is_told_of_what_comes_and_goes() {
    let bench = Bench::new();
    bench.checks.post.send_by(
        bench.checks.gateways.clone(),
        vestibule_templates::Languages::all(),
        "wiki.example.com".to_owned(),
    );
    let (mut hands, told) = (Hands::new(1), |bench: &Bench, words: &str| {
        bench.outbox.messages().iter().filter(|message| message.subject.contains(words)).count()
    });
    bench.with_address("alice", "alice@example.com").await;
    let all = bench.each(&mut hands, "alice").await;
    for (id, enrolled) in &all {
        let card = bench.checks.registry.get(id).unwrap().card();
        let (made, answer) = asked(&bench, &mut hands, enrolled, "one").await;
        let before = told(&bench, "was used");
        assert!(matches!(bench.check("alice", &made.begun, &answer, "one").await, Checked::Proved(_)), "{id}");
        settled().await;
        assert_eq!(told(&bench, "was used") - before, usize::from(card.fallback), "{id}");
        bench.clock.advance(Duration::from_secs(3600));
    }
    assert_eq!(told(&bench, "was added"), all.len());
    let user = bench.user("alice").await;
    bench.checks.remove(&user, &all[0].1.factor.id, true, &audit::Origin::default(), Vec::new()).await.unwrap();
    settled().await;
    assert_eq!(told(&bench, "was removed"), 1);
}

/// What was put into the post room is done.
async fn settled() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}
