//! Every page, rendered from its sample: what the tests walk and what people look at (`cargo run --example gallery`).
//! Nothing here is served.

use maud::Markup;

use crate::demo;
use crate::layout::Frame;
use crate::pages::*;
use crate::prompt::DeliveryState;
use crate::texts::Texts;

/// A page with a name to save it under.
pub struct Sample {
    pub name: String,
    pub page: Markup,
}

/// All of them.
pub fn samples(texts: &Texts) -> Vec<Sample> {
    let (stranger, pending, user) = (
        Frame::sample(),
        Frame::sample_signing_in(),
        Frame::sample_signed_in(),
    );
    let mut samples = Vec::new();
    let mut add = |name: &str, page: Markup| {
        samples.push(Sample {
            name: name.to_owned(),
            page,
        })
    };

    add(
        "login",
        login::page(&login::View::sample(), &stranger, texts),
    );
    for (name, error) in [
        ("login-wrong", login::Problem::Wrong),
        ("login-no-name", login::Problem::UsernameMissing),
        ("login-no-password", login::Problem::PasswordMissing),
    ] {
        let view = login::View {
            error: Some(error),
            username: "alice".into(),
            ..login::View::sample()
        };
        add(name, login::page(&view, &stranger, texts));
    }
    for (name, notice) in [
        ("login-timed-out", login::Notice::TimedOut),
        ("login-not-delivered", login::Notice::NotDelivered),
        ("login-start-again", login::Notice::StartAgain),
        ("login-form-expired", login::Notice::FormExpired),
        ("login-address-unknown", login::Notice::AddressUnknown),
        ("login-password-set", login::Notice::PasswordSet),
    ] {
        let view = login::View {
            notice: Some(notice),
            ..login::View::sample()
        };
        add(name, login::page(&view, &stranger, texts));
    }
    let view = login::View {
        wait_until: Some(stranger.now + 15),
        ..login::View::sample()
    };
    add("login-waiting", login::page(&view, &stranger, texts));

    add(
        "verify-choose",
        verify::choose(&verify::ChooseView::sample(), &pending, texts),
    );
    for (name, view) in [
        ("verify-code", verify::AnswerView::sample_code(texts)),
        ("verify-wrong", verify::AnswerView::sample_wrong(texts)),
        ("verify-waiting", verify::AnswerView::sample_waiting(texts)),
        ("verify-key", verify::AnswerView::sample_key(texts)),
        (
            "verify-sms-ready",
            verify::AnswerView::sample_message(DeliveryState::Ready, texts),
        ),
        (
            "verify-sms-sent",
            verify::AnswerView::sample_message(DeliveryState::Sent, texts),
        ),
        (
            "verify-sms-failed",
            verify::AnswerView::sample_message(DeliveryState::Failed, texts),
        ),
    ] {
        add(name, verify::answer(&view, &pending, texts));
    }
    add(
        "verify-lost",
        verify::lost(&verify::LostView::sample(), &pending, texts),
    );
    let nothing = verify::LostView {
        others: vec![],
        ..verify::LostView::sample()
    };
    add("verify-lost-all", verify::lost(&nothing, &pending, texts));

    add(
        "enrol-first",
        enrol::choose(&enrol::ChooseView::sample(texts), &pending, texts),
    );
    let another = enrol::ChooseView {
        first: false,
        back: Some("/.vestibule/account".into()),
        ..enrol::ChooseView::sample(texts)
    };
    add("enrol-choose", enrol::choose(&another, &user, texts));
    add(
        "enrol-totp",
        enrol::add(&enrol::AddView::sample_secret(texts), &pending, texts),
    );
    add(
        "enrol-sms",
        enrol::add(&enrol::AddView::sample_phone(texts), &pending, texts),
    );
    add(
        "enrol-webauthn",
        enrol::add(&enrol::AddView::sample_key(texts), &pending, texts),
    );

    add("codes", codes::page(&codes::View::sample(), &user, texts));
    let again = codes::View {
        not_acknowledged: true,
        replaces: true,
        ..codes::View::sample()
    };
    add("codes-not-acknowledged", codes::page(&again, &user, texts));

    add(
        "account",
        account::page(&account::View::sample(), &user, texts),
    );
    add(
        "account-bare",
        account::page(&account::View::sample_bare(), &user, texts),
    );
    for done in [
        account::Done::FactorAdded,
        account::Done::FactorRemoved,
        account::Done::PasswordChanged,
        account::Done::SessionEnded,
        account::Done::BrowserEnded,
        account::Done::CodesMade,
    ] {
        let recovery = Some(account::Recovery {
            remaining: 10,
            renew: "/.vestibule/account/codes".into(),
        });
        let view = account::View {
            done: Some(done),
            recovery,
            ..account::View::sample()
        };
        add(
            &format!("account-{done:?}"),
            account::page(&view, &user, texts),
        );
    }
    for (name, view) in confirm::View::samples(texts) {
        add(
            &format!("confirm-{name}"),
            confirm::page(&view, &user, texts),
        );
    }
    add(
        "logout",
        logout::page(&logout::View::sample(), &user, texts),
    );
    add(
        "logout-done",
        logout::done(&logout::DoneView::sample(), &stranger, texts),
    );
    let everywhere = logout::DoneView {
        everywhere: true,
        ..logout::DoneView::sample()
    };
    add(
        "logout-everywhere",
        logout::done(&everywhere, &stranger, texts),
    );

    add(
        "invite",
        invite::page(&invite::View::sample(None, texts), &stranger, texts),
    );
    for problem in [
        confirm::PasswordProblem::TooShort,
        confirm::PasswordProblem::TooLong,
        confirm::PasswordProblem::Common,
        confirm::PasswordProblem::OwnName,
        confirm::PasswordProblem::NotTheSame,
    ] {
        let view = invite::View::sample(Some(problem), texts);
        add(
            &format!("invite-{problem:?}"),
            invite::page(&view, &stranger, texts),
        );
    }
    let reset = invite::View {
        reset: true,
        fields: vec![],
        ..invite::View::sample(None, texts)
    };
    add("reset", invite::page(&reset, &stranger, texts));
    add(
        "invite-dead",
        invite::dead(&invite::DeadView::sample(), &stranger, texts),
    );
    add(
        "setup",
        setup::page(&setup::View::sample(), &stranger, texts),
    );
    let refused = setup::View {
        username: "no way".into(),
        name_refused: true,
        ..setup::View::sample()
    };
    add("setup-refused", setup::page(&refused, &stranger, texts));

    for cause in [
        blocked::Cause::CookiesBlocked,
        blocked::Cause::PlainHttp,
        blocked::Cause::AnotherGate,
        blocked::Cause::Loop,
    ] {
        add(
            &format!("blocked-{cause:?}"),
            blocked::page(&blocked::View::sample(cause), &stranger, texts),
        );
    }
    add(
        "waiting",
        waiting::page(&waiting::View::sample(), &stranger, texts),
    );
    add(
        "not-enrolled",
        not_enrolled::page(&not_enrolled::View::sample(), &pending, texts),
    );
    add(
        "factor-needed",
        factor_needed::page(&factor_needed::View::sample(), &user, texts),
    );
    for status in refusal::STATUSES {
        let view = refusal::View::sample(status, refusal::Why::Status);
        add(
            &format!("refusal-{status}"),
            refusal::page(&view, &stranger, texts),
        );
    }
    for why in [refusal::Why::StaleForm, refusal::Why::NotFromHere] {
        add(
            &format!("refusal-{why:?}"),
            refusal::page(&refusal::View::sample(403, why), &stranger, texts),
        );
    }

    add(
        "demo-landing",
        demo::landing(&demo::LandingView::sample(), &user, texts),
    );
    for (name, assertion) in [
        (
            "demo-refused",
            demo::Assertion::Refused("the audience is another".into()),
        ),
        ("demo-missing", demo::Assertion::Missing),
    ] {
        let view = demo::LandingView {
            assertion,
            headers: vec![],
            ..demo::LandingView::sample()
        };
        add(name, demo::landing(&view, &stranger, texts));
    }
    add(
        "demo-messages",
        demo::messages(&demo::MessagesView::sample(), &stranger, texts),
    );
    let empty = demo::MessagesView {
        messages: vec![],
        code: None,
        secret_refused: true,
        ..demo::MessagesView::sample()
    };
    add(
        "demo-messages-empty",
        demo::messages(&empty, &stranger, texts),
    );
    samples
}
