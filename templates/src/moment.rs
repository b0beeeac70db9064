//! Points in time, as people read them. Times come in as seconds since 1970 and are shown in UTC: the server does not
//! know where the reader is, and a wrong zone is worse than a named one.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::texts::Texts;

/// `14:05:09 UTC`, as the language writes it.
pub fn clock(unix: u64, texts: &Texts) -> String {
    shown(unix, &texts.text("format-time"))
}

/// `2026-11-22 14:05 UTC`, as the language writes it.
pub fn date(unix: u64, texts: &Texts) -> String {
    shown(unix, &texts.text("format-date"))
}

/// "3 hours ago", with the exact time for machines and on hover.
pub(crate) fn ago(unix: u64, now: u64, texts: &Texts) -> Markup {
    let seconds = now.saturating_sub(unix);
    let (key, count) = match seconds {
        0..60 => ("ago-moment", 0),
        60..3_600 => ("ago-minutes", seconds / 60),
        3_600..86_400 => ("ago-hours", seconds / 3_600),
        _ => ("ago-days", seconds / 86_400),
    };
    html! {
        time datetime=(shown(unix, "%Y-%m-%dT%H:%M:%SZ")) title=(date(unix, texts)) {
            (texts.text_with(key, &[("count", count.into())]))
        }
    }
}

/// "Try again in 4 seconds, at 14:05:09 UTC."
pub fn wait(until: u64, now: u64, texts: &Texts) -> String {
    let seconds = until.saturating_sub(now).max(1);
    let at = clock(until, texts);
    if seconds < 120 {
        texts.text_with("wait-seconds", &[("count", seconds.into()), ("time", at.into())])
    } else {
        texts.text_with("wait-minutes", &[("count", seconds.div_ceil(60).into()), ("time", at.into())])
    }
}

/// When something can be done again, in a message that says both the time and how far off it is: on the reader's own clock
/// it is another time.
pub fn again_at(key: &str, at: u64, now: u64, texts: &Texts) -> String {
    let seconds = at.saturating_sub(now).max(1);
    let (span, count) = match seconds {
        0..120 => ("in-seconds", seconds),
        120..7_200 => ("in-minutes", seconds.div_ceil(60)),
        _ => ("in-hours", seconds.div_ceil(3_600)),
    };
    let span = texts.text_with(span, &[("count", count.into())]);
    texts.text_with(key, &[("in", span.into()), ("time", clock(at, texts).into())])
}

/// Why no answer is looked at: the same for right and wrong ones, and for names that nobody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until this second since 1970.
    Until(u64),
    /// Waiting does not help: too many were wrong.
    Closed,
}

impl Wait {
    pub(crate) fn text(self, now: u64, texts: &Texts) -> String {
        match self {
            Wait::Until(until) => wait(until, now, texts),
            Wait::Closed => texts.text("wait-closed"),
        }
    }
}

/// When what a page is for ends by itself, in seconds since 1970: whoever needs longer must know (WCAG 2.2, 2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// A step of a login, after which it begins anew.
    Step(u64),
    /// The session, if nothing more is done in it.
    Session(u64),
    /// A one-time link.
    Link(u64),
    /// Codes that nobody has said to keep yet.
    Codes(u64),
}

impl Ends {
    /// "You have 10 minutes to finish, until 14:15:09 UTC."
    pub(crate) fn text(self, now: u64, texts: &Texts) -> String {
        match self {
            Ends::Step(at) => minutes_until("step-ends", at, now, texts),
            Ends::Session(at) if at.saturating_sub(now) <= 2 * 3_600 => {
                minutes_until("session-ends-minutes", at, now, texts)
            }
            Ends::Session(at) => {
                let hours = at.saturating_sub(now) / 3_600;
                texts.text_with("session-ends-hours", &[("count", hours.into()), ("date", date(at, texts).into())])
            }
            Ends::Codes(at) => minutes_until("codes-ends", at, now, texts),
            Ends::Link(at) => texts.text_with("invite-ends", &[("date", date(at, texts).into())]),
        }
    }
}

/// How long something lasts, in a message that counts minutes and says the time.
pub(crate) fn minutes_until(key: &str, at: u64, now: u64, texts: &Texts) -> String {
    let minutes = at.saturating_sub(now).div_ceil(60).max(1);
    texts.text_with(key, &[("count", minutes.into()), ("time", clock(at, texts).into())])
}

fn shown(unix: u64, format: &str) -> String {
    let second = i64::try_from(unix).ok().and_then(|second| Timestamp::from_second(second).ok());
    let time = second.map(|second| second.to_zoned(TimeZone::UTC));
    // A format that cannot be read gives no time rather than a panic.
    time.and_then(|time| jiff::fmt::strtime::format(format, &time).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_named_with_their_zone() {
        let english = Texts::english();
        assert_eq!(clock(1_795_356_309, &english), "14:05:09 UTC");
        assert_eq!(date(1_795_356_309, &english), "2026-11-22 14:05 UTC");
        assert_eq!(date(u64::MAX, &english), "");
        for texts in Texts::all() {
            let (clock, date) = (clock(1_795_356_309, texts), date(1_795_356_309, texts));
            assert!(clock.contains("14:05:09") && clock.contains("UTC"), "{}: {clock}", texts.lang());
            assert!(
                ["2026", "11", "22", "14:05", "UTC"].iter().all(|part| date.contains(part)),
                "{}: {date}",
                texts.lang()
            );
        }
    }

    #[test]
    fn a_wait_is_never_nought_and_counts_minutes_when_long() {
        let texts = Texts::english();
        assert!(wait(10, 10, &texts).contains("1 second,"));
        assert!(wait(610, 10, &texts).contains("10 minutes,"));
    }

    #[test]
    fn what_can_be_done_again_says_when_on_any_clock() {
        let at = |seconds| again_at("delivery-again-at", seconds, 0, &Texts::english());
        assert_eq!(at(30), "You can ask for a new code in 30 seconds, at 00:00:30 UTC.");
        assert_eq!(at(0), "You can ask for a new code in 1 second, at 00:00:00 UTC.");
        assert!(at(121).contains("in 3 minutes,") && at(7_200).contains("in 2 hours,"), "never less than it is");
        for texts in Texts::all() {
            for key in ["delivery-again-at", "call-again-at", "error-send-budget", "login-alone-wait"] {
                let said = again_at(key, 30, 0, texts);
                assert!(said.contains("30 ") && said.contains("00:00:30"), "{}: {said}", texts.lang());
            }
        }
    }

    #[test]
    fn a_limit_is_told_in_minutes_and_a_long_one_in_hours() {
        let texts = Texts::english();
        let told = |ends: Ends| ends.text(0, &texts);
        assert!(told(Ends::Step(1)).contains("1 minute "), "{}", told(Ends::Step(1)));
        assert!(told(Ends::Step(601)).contains("11 minutes"), "never less than there is: {}", told(Ends::Step(601)));
        assert!(told(Ends::Session(1_800)).contains("30 minutes") && told(Ends::Session(1_800)).contains("00:30:00"));
        assert!(told(Ends::Session(28_800)).contains("8 hours"), "{}", told(Ends::Session(28_800)));
    }

    #[test]
    fn a_moment_in_the_future_is_now() {
        assert!(ago(100, 10, &Texts::english()).into_string().contains("just now"));
    }
}
