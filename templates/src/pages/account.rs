//! `account`: what the owner sees of the own account. Everything that weakens it leads to [`super::confirm`]; only the
//! end of a session is done from here, by a form of its own.

use maud::{Markup, html};

use crate::form::{Form, Link};
use crate::icon;
use crate::layout::{self, Frame, Shape};
use crate::moment;
use crate::texts::Texts;

#[derive(Clone)]
pub struct View {
    /// What was just done.
    pub done: Option<Done>,
    pub factors: Vec<Factor>,
    /// Where to add one; none when nothing more can be added.
    pub add_factor: Option<String>,
    /// `None`: recovery codes are not offered.
    pub recovery: Option<Recovery>,
    pub sessions: Vec<Session>,
    pub browsers: Vec<Browser>,
    /// Where all browsers can be forgotten; none when there is none.
    pub end_browsers: Option<String>,
    /// Where all but this one can be forgotten; none when there is no other.
    pub end_other_browsers: Option<String>,
    /// Ends every session but this one; none when there is no other.
    pub sign_out_elsewhere: Option<Form>,
    /// Ends every session, this one too.
    pub sign_out_everywhere: Form,
    /// Where the password is changed; none when it lives elsewhere.
    pub password: Option<String>,
    /// At a portal: the sites that may be opened.
    pub sites: Vec<Link>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    FactorAdded,
    FactorRenamed,
    FactorRemoved,
    PasswordChanged,
    SessionEnded,
    SessionsEnded,
    BrowserEnded,
    CodesMade,
}

#[derive(Clone)]
pub struct Factor {
    /// The method's id, for its drawing.
    pub method: String,
    pub title: String,
    pub label: String,
    /// Seconds since 1970.
    pub added: u64,
    pub last_used: Option<u64>,
    pub rename: Option<String>,
    /// None when it is the last and may not go.
    pub remove: Option<String>,
}

#[derive(Clone)]
pub struct Recovery {
    pub remaining: u64,
    /// Where new ones are made.
    pub renew: String,
}

#[derive(Clone)]
pub struct Session {
    /// Address and browser, for the eye: "Firefox on Linux, 192.0.2.7".
    pub description: String,
    pub started: u64,
    pub last_seen: u64,
    pub this_one: bool,
    /// None for this one: that is what signing out is for.
    pub end: Option<Form>,
}

#[derive(Clone)]
pub struct Browser {
    pub description: String,
    pub since: u64,
    pub last_seen: u64,
    /// Until when it stands in for the second step; `None`: it is known, and no more.
    pub trusted_until: Option<u64>,
    pub this_one: bool,
    /// Where it is forgotten.
    pub end: String,
}

pub fn page(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    let body = html! {
        @if let Some(done) = view.done {
            (layout::notice("good", &done.text(texts)))
            // Whoever was signed in somewhere else before the change is so still.
            @if let (Done::FactorAdded | Done::CodesMade, Some(elsewhere)) = (done, &view.sign_out_elsewhere) {
                p { (texts.text("account-elsewhere-offer")) }
                (elsewhere.button(&texts.text("account-sign-out-elsewhere"), "quiet"))
            }
            // What was trusted by the old ways alone is trusted still.
            @if let (Done::FactorAdded, Some(others)) = (done, &view.end_other_browsers) {
                p { (texts.text("account-browsers-offer")) }
                p { (Link::new(texts.text("account-browsers-end-others"), others.as_str()).render("button quiet")) }
            }
        }
        @if !view.sites.is_empty() {
            section {
                h2 { (texts.text("account-sites")) }
                ul.ways { @for site in &view.sites { li { (site.render("button")) } } }
            }
        }
        (factors(view, frame, texts))
        @if let Some(recovery) = &view.recovery { (recovery.render(texts)) }
        (sessions(view, frame, texts))
        (browsers(view, frame, texts))
        @if let Some(password) = &view.password {
            section {
                h2 { (texts.text("account-password")) }
                p { (Link::new(texts.text("account-password-change"), password.as_str()).render("button")) }
            }
        }
    };
    let shape = Shape { wide: true, ..Shape::default() };
    layout::page(frame, texts, &texts.text("account-title"), shape, body)
}

impl Done {
    fn text(self, texts: &Texts) -> String {
        match self {
            Done::FactorAdded => texts.text("done-factor-added"),
            Done::FactorRenamed => texts.text("done-factor-renamed"),
            Done::FactorRemoved => texts.text("done-factor-removed"),
            Done::PasswordChanged => texts.text("done-password-changed"),
            Done::SessionEnded => texts.text("done-session-ended"),
            Done::SessionsEnded => texts.text("done-sessions-ended"),
            Done::BrowserEnded => texts.text("done-browser-ended"),
            Done::CodesMade => texts.text("done-codes-made"),
        }
    }
}

fn factors(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    html! {
        section {
            h2 { (texts.text("account-factors")) }
            @if view.factors.is_empty() { p { (texts.text("account-factors-none")) } }
            ul.rows {
                @for factor in &view.factors { li { (factor.render(frame, texts)) } }
            }
            @if let Some(add) = &view.add_factor {
                p { (Link::new(texts.text("account-factor-add"), add.as_str()).render("button main")) }
            }
        }
    }
}

impl Factor {
    fn render(&self, frame: &Frame, texts: &Texts) -> Markup {
        let name = [("name", self.label.as_str().into())];
        html! {
            (icon::method(&self.method))
            div.words {
                h3 { bdi { (self.label) } }
                @if self.title != self.label { p.hint { (self.title) } }
                dl {
                    dt { (texts.text("account-last-used")) }
                    dd {
                        @match self.last_used {
                            Some(at) => (moment::ago(at, frame.now, texts)),
                            None => (texts.text("account-never-used")),
                        }
                    }
                    dt { (texts.text("account-added")) }
                    dd { (moment::ago(self.added, frame.now, texts)) }
                }
                @if self.remove.is_none() { p.hint { (texts.text("error-factor-last")) } }
            }
            div.acts {
                @if let Some(rename) = &self.rename {
                    a href=(rename) aria-label=(texts.text_with("account-rename-this", &name)) {
                        (texts.text("account-rename"))
                    }
                }
                @if let Some(remove) = &self.remove {
                    a.risky href=(remove) aria-label=(texts.text_with("account-remove-this", &name)) {
                        (texts.text("account-remove"))
                    }
                }
            }
        }
    }
}

impl Recovery {
    fn render(&self, texts: &Texts) -> Markup {
        let count = [("count", self.remaining.into())];
        html! {
            section {
                h2 { (texts.text("account-recovery")) }
                @if self.remaining <= 3 {
                    (layout::notice("warn", &texts.text_with("account-recovery-few", &count)))
                } @else {
                    p { (texts.text_with("account-recovery-left", &count)) }
                }
                p { (Link::new(texts.text("account-recovery-renew"), self.renew.as_str()).render("button")) }
            }
        }
    }
}

fn sessions(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    html! {
        section {
            h2 { (texts.text("account-sessions")) }
            ul.rows {
                @for session in &view.sessions {
                    li {
                        div.words {
                            h3 {
                                bdi { (session.description) }
                                @if session.this_one { " " span.badge.good { (texts.text("account-this-session")) } }
                            }
                            dl {
                                dt { (texts.text("account-last-seen")) }
                                dd { (moment::ago(session.last_seen, frame.now, texts)) }
                                dt { (texts.text("account-started")) }
                                dd { (moment::ago(session.started, frame.now, texts)) }
                            }
                        }
                        @if let Some(end) = &session.end {
                            @let name = [("name", session.description.as_str().into())];
                            @let name = texts.text_with("account-session-end-this", &name);
                            div.acts {
                                (end.button_named(&texts.text("account-session-end"), Some(&name), "link risky"))
                            }
                        }
                    }
                }
            }
            @if let Some(elsewhere) = &view.sign_out_elsewhere {
                (elsewhere.button(&texts.text("account-sign-out-elsewhere"), "quiet"))
            }
            (view.sign_out_everywhere.button(&texts.text("account-sign-out-everywhere"), "quiet"))
        }
    }
}

fn browsers(view: &View, frame: &Frame, texts: &Texts) -> Markup {
    html! {
        section {
            h2 { (texts.text("account-browsers")) }
            p.hint { (texts.text("account-browsers-hint")) }
            @if view.browsers.is_empty() { p { (texts.text("account-browsers-none")) } }
            ul.rows {
                @for browser in &view.browsers {
                    li {
                        div.words {
                            h3 {
                                bdi { (browser.description) }
                                @if browser.this_one { " " span.badge.good { (texts.text("account-this-browser")) } }
                            }
                            dl {
                                @if let Some(until) = browser.trusted_until {
                                    dt { (texts.text("account-browser-trusted")) }
                                    dd { bdi { (moment::date(until, texts)) } }
                                }
                                dt { (texts.text("account-last-seen")) }
                                dd { (moment::ago(browser.last_seen, frame.now, texts)) }
                                dt { (texts.text("account-browser-since")) }
                                dd { (moment::ago(browser.since, frame.now, texts)) }
                            }
                        }
                        @let name = [("name", browser.description.as_str().into())];
                        div.acts {
                            a.risky href=(browser.end) aria-label=(texts.text_with("account-browser-end-this", &name)) {
                                (texts.text("account-browser-end"))
                            }
                        }
                    }
                }
            }
            div.ways {
                @if let Some(others) = &view.end_other_browsers {
                    (Link::new(texts.text("account-browsers-end-others"), others.as_str()).render("button"))
                }
                @if let Some(all) = &view.end_browsers {
                    (Link::new(texts.text("account-browsers-end"), all.as_str()).render("button"))
                }
            }
        }
    }
}

impl View {
    pub fn sample(texts: &Texts) -> Self {
        let now = Frame::SAMPLE_NOW;
        let factor = |method: &str, label: &str, last_used| Factor {
            method: method.into(),
            title: texts.text(&format!("method-{method}-title")),
            label: label.into(),
            added: now - 40 * 86_400,
            last_used,
            rename: Some("/.vestibule/account/factors/7/rename".into()),
            remove: Some("/.vestibule/account/factors/7/remove".into()),
        };
        let session = |description: &str, this_one, last_seen| Session {
            description: description.into(),
            started: now - 7_300,
            last_seen,
            this_one,
            end: (!this_one).then(|| Form::sample("/.vestibule/account/sessions/end").with("session", "s1")),
        };
        Self {
            done: Some(Done::FactorRenamed),
            factors: vec![
                factor("totp", "Alice’s phone", Some(now - 30)),
                factor("webauthn", "Blue key", Some(now - 3 * 86_400)),
                factor("sms", "+31 ** *** **67", None),
            ],
            add_factor: Some("/.vestibule/enrol".into()),
            recovery: Some(Recovery { remaining: 3, renew: "/.vestibule/account/codes".into() }),
            sessions: vec![
                session("Firefox on Linux, 192.0.2.7", true, now - 5),
                session("Chrome on Android, 198.51.100.23", false, now - 5_400),
            ],
            browsers: vec![
                Browser {
                    description: "Firefox on Linux".into(),
                    since: now - 20 * 86_400,
                    last_seen: now - 5,
                    trusted_until: Some(now + 10 * 86_400),
                    this_one: true,
                    end: "/.vestibule/account/browsers/1".into(),
                },
                Browser {
                    description: "Chrome on Android".into(),
                    since: now - 2 * 86_400,
                    last_seen: now - 5_400,
                    trusted_until: None,
                    this_one: false,
                    end: "/.vestibule/account/browsers/2".into(),
                },
            ],
            end_browsers: Some("/.vestibule/account/browsers".into()),
            end_other_browsers: Some("/.vestibule/account/browsers/others".into()),
            sign_out_elsewhere: Some(Form::sample("/.vestibule/account/sessions/end-others")),
            sign_out_everywhere: Form::sample("/.vestibule/account/sessions/end-all"),
            password: Some("/.vestibule/account/password".into()),
            sites: Vec::new(),
        }
    }

    pub fn sample_bare(texts: &Texts) -> Self {
        Self {
            done: None,
            factors: vec![],
            recovery: None,
            browsers: vec![],
            end_browsers: None,
            end_other_browsers: None,
            password: None,
            ..Self::sample(texts)
        }
    }
}
