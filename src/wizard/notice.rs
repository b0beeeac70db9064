//! What was just done, said once by the next page. It travels in a cookie that only our answers set, never in the address:
//! anybody can send somebody an address, and the gate must not tell of a changed password because a link says so.

use std::time::Duration;

use axum::response::Response;
use vestibule_templates::pages::account::Done;

use super::Visit;
use super::finish::set_cookie;

/// As long as the way to the next page takes.
const LIFE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// On the account page.
    Done(Done),
    /// A new password, by mail.
    PasswordSet,
    /// A link for one was asked for.
    LinkAsked,
    /// The end of all sessions.
    SignedOutEverywhere,
}

const WORDS: [(&str, Notice); 11] = [
    ("added", Notice::Done(Done::FactorAdded)),
    ("renamed", Notice::Done(Done::FactorRenamed)),
    ("removed", Notice::Done(Done::FactorRemoved)),
    ("password", Notice::Done(Done::PasswordChanged)),
    ("ended", Notice::Done(Done::SessionEnded)),
    ("elsewhere", Notice::Done(Done::SessionsEnded)),
    ("forgotten", Notice::Done(Done::BrowserEnded)),
    ("codes", Notice::Done(Done::CodesMade)),
    ("set", Notice::PasswordSet),
    ("asked", Notice::LinkAsked),
    ("everywhere", Notice::SignedOutEverywhere),
];

impl Notice {
    /// What this visitor's last step left to be said.
    pub fn of(visit: &Visit) -> Option<Self> {
        let left = visit.cookies.notice.as_deref()?;
        WORDS.iter().find(|(word, _)| *word == left).map(|(_, notice)| *notice)
    }

    /// Leaves this to the page that the response leads to.
    pub fn leave(self, visit: &Visit, mut response: Response) -> Response {
        let names = &visit.site.cookies;
        for (word, _) in WORDS.iter().filter(|(_, notice)| *notice == self) {
            set_cookie(&mut response, &names.set(&names.notice, word, Some(LIFE)));
        }
        response
    }

    /// A page that says it: no other says it again.
    pub fn said(visit: &Visit, mut response: Response) -> Response {
        if visit.cookies.notice.is_some() {
            let names = &visit.site.cookies;
            set_cookie(&mut response, &names.clear(&names.notice));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_notice_has_a_word_of_its_own() {
        let words: BTreeSet<_> = WORDS.iter().map(|(word, _)| word).collect();
        let notices: BTreeSet<_> = WORDS.iter().map(|(_, notice)| format!("{notice:?}")).collect();
        assert_eq!((words.len(), notices.len()), (WORDS.len(), WORDS.len()));
    }
}
