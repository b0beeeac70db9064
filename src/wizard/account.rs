//! `account`: what the owner sees and changes. Whatever adds, takes away or weakens needs a second factor proved for
//! that deed in that form; a proof made elsewhere, however fresh, does not help here.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_templates::pages::confirm::{self, Action, PasswordProblem};
use vestibule_templates::pages::{account, verify};
use vestibule_templates::{Field, Form, Prompt};

use super::ask::{Again, Turn};
use super::failure::Failure;
use super::finish::{page, query, see_other, set_cookie, with_query};
use super::form::Posted;
use super::invite::judged;
use super::logout::signed_out;
use super::stage::Stage;
use super::{Visit, Wizard};
use crate::account::{Factor, User};
use crate::audit::{Event, Kind};
use crate::clock::Time;
use crate::directory::SignIn;
use crate::method::Card;
use crate::secret::{SessionKind, Token};
use crate::session::{Enrols, Evidence, Live, Pending};
use crate::store::Row;
use crate::types::{FactorId, Handle, Level, MethodId};

/// A change of the account, as it stands in the address: `add-totp`, `remove-<factor>`, `password`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Deed {
    Add(MethodId),
    Rename(FactorId),
    Remove(FactorId),
    Password,
    EndBrowser(Handle),
    EndBrowsers,
}

impl Deed {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once('-') {
            Some(("add", id)) => MethodId::parse(id).map(Deed::Add),
            Some(("rename", id)) => FactorId::parse(id).map(Deed::Rename),
            Some(("remove", id)) => FactorId::parse(id).map(Deed::Remove),
            Some(("forget", "browsers")) => Some(Deed::EndBrowsers),
            Some(("forget", handle)) => Handle::parse(handle).map(Deed::EndBrowser),
            None if text == "password" => Some(Deed::Password),
            _ => None,
        }
    }

    fn name(&self) -> String {
        match self {
            Deed::Add(id) => format!("add-{id}"),
            Deed::Rename(id) => format!("rename-{id}"),
            Deed::Remove(id) => format!("remove-{id}"),
            Deed::Password => "password".to_owned(),
            Deed::EndBrowser(handle) => format!("forget-{handle}"),
            Deed::EndBrowsers => "forget-browsers".to_owned(),
        }
    }

    fn address(&self, by: Option<&FactorId>) -> String {
        with_query(&format!("/.vestibule/account/confirm/{}", self.name()), &[("factor", by.map(FactorId::as_str))])
    }
}

/// The visitor of these pages: verified, or known where there is no second factor to prove.
struct Owner {
    live: Arc<Live>,
    token: Token<SessionKind>,
}

impl Owner {
    fn of(visit: &Visit) -> Result<Self, Failure> {
        let (Some(live), Some(token)) = (visit.visitor.live(), &visit.cookies.session) else {
            return Err(Failure::Elsewhere("/.vestibule/login?to=account"));
        };
        if live.level < Level::Verified && !live.user.factors.is_empty() {
            return Err(Failure::Elsewhere("/.vestibule/verify?to=account"));
        }
        Ok(Self { live: live.clone(), token: token.clone() })
    }

    /// The owner who sent a form of these pages.
    fn posting(wizard: &Wizard, visit: &Visit, posted: &Posted) -> Result<Self, Failure> {
        let owner = Self::of(visit)?;
        if wizard.sessions.csrf_holds(&owner.token, posted.get("csrf")) { Ok(owner) } else { Err(Failure::Forged) }
    }
}

/// `GET account`
pub async fn show(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let owner = Owner::of(&visit)?;
    let user = &owner.live.user;
    let rows = wizard.accounts.factors(user).await?;
    let csrf = wizard.sessions.csrf(&owner.token);
    let mut recovery = None;
    let mut factors = Vec::new();
    for row in &rows {
        let factor = &row.value;
        let method = wizard.checks.registry.get(&factor.method);
        if let Some(method) = method.filter(|method| method.card().hands_out_codes) {
            let remaining = method.describe(&factor.state).remaining.unwrap_or_default() as u64;
            recovery = Some(account::Recovery { remaining, renew: Deed::Add(factor.method.clone()).address(None) });
            continue;
        }
        factors.push(account::Factor {
            method: factor.method.to_string(),
            title: method.map_or_else(|| factor.method.to_string(), |method| visit.texts.text(method.card().title)),
            label: factor.label.clone(),
            added: seconds(factor.created),
            last_used: factor.last_used.map(seconds),
            rename: Some(Deed::Rename(factor.id.clone()).address(None)),
            remove: (!wizard.is_last(&rows, &factor.id)).then(|| Deed::Remove(factor.id.clone()).address(None)),
        });
    }
    if recovery.is_none() && !factors.is_empty() {
        let codes = wizard.checks.registry.iter().find(|method| method.card().hands_out_codes);
        recovery = codes
            .map(|method| account::Recovery { remaining: 0, renew: Deed::Add(method.card().id.clone()).address(None) });
    }
    let mut sessions = Vec::new();
    for session in wizard.sessions.list(Some(user.id)).await? {
        let this_one = session.handle == owner.live.session.handle;
        let end = Form::new("/.vestibule/account/sessions/end", csrf.clone()).with("handle", session.handle.as_str());
        let address = session.address.map(|address| address.to_string()).unwrap_or_default();
        sessions.push(account::Session {
            description: described(&session.agent, &address),
            started: seconds(session.created),
            last_seen: seconds(session.last_seen),
            this_one,
            end: (!this_one).then_some(end),
        });
    }
    let elsewhere = Form::new("/.vestibule/account/sign-out-elsewhere", csrf.clone());
    let sign_out_elsewhere = sessions.iter().any(|session| !session.this_one).then_some(elsewhere);
    let known = wizard.accounts.browsers(user).await?;
    let end_browsers = (!known.is_empty()).then(|| Deed::EndBrowsers.address(None));
    let browsers = known.into_iter().map(|browser| account::Browser {
        description: described(&browser.agent, &browser.address),
        since: seconds(browser.since),
        last_seen: seconds(browser.last_seen),
        end: Deed::EndBrowser(browser.handle).address(None),
    });
    let done = match query(&visit, "done").as_deref() {
        Some("added") => Some(account::Done::FactorAdded),
        Some("renamed") => Some(account::Done::FactorRenamed),
        Some("removed") => Some(account::Done::FactorRemoved),
        Some("password") => Some(account::Done::PasswordChanged),
        Some("ended") => Some(account::Done::SessionEnded),
        Some("elsewhere") => Some(account::Done::SessionsEnded),
        Some("codes") => Some(account::Done::CodesMade),
        Some("forgotten") => Some(account::Done::BrowserEnded),
        _ => None,
    };
    let view = account::View {
        done,
        add_factor: (!factors.is_empty()).then(|| "/.vestibule/account/add".to_owned()),
        factors,
        recovery,
        sessions,
        browsers: browsers.collect(),
        end_browsers,
        sign_out_elsewhere,
        sign_out_everywhere: Form::new("/.vestibule/account/sign-out-everywhere", csrf),
        password: Some(Deed::Password.address(None)),
    };
    let frame = visit.frame_signed_in(wizard.vault.now(), user);
    Ok(page(StatusCode::OK, account::page(&view, &frame, &visit.texts)))
}

/// `GET account/add`: which method.
pub async fn add(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Result<Response, Failure> {
    let owner = Owner::of(&visit)?;
    let held: BTreeSet<MethodId> =
        wizard.accounts.factors(&owner.live.user).await?.into_iter().map(|row| row.value.method).collect();
    let place = visit.place();
    let offered = wizard.checks.registry.iter().filter(|method| {
        let card = method.card();
        !card.hands_out_codes && method.works_at(&place) && (card.several || !held.contains(&card.id))
    });
    let address = |card: &Card| Deed::Add(card.id.clone()).address(None);
    let methods = offered.map(|method| method.card());
    let methods = methods.map(|card| wizard.method_choice(card, address(card), &visit.texts));
    let view = vestibule_templates::pages::enrol::ChooseView {
        methods: methods.collect(),
        first: false,
        back: Some("/.vestibule/account".to_owned()),
        ends: None,
    };
    let frame = visit.frame_signed_in(wizard.vault.now(), &owner.live.user);
    Ok(page(StatusCode::OK, vestibule_templates::pages::enrol::choose(&view, &frame, &visit.texts)))
}

/// `POST account/sessions/end`
pub async fn end_session(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let owner = Owner::posting(&wizard, &visit, &posted)?;
    let handle = Handle::parse(posted.get("handle")).ok_or(Failure::NotFound)?;
    // Another user's session has no handle here.
    if !wizard.sessions.end(owner.live.user.id, &handle, &visit.source()).await? {
        return Err(Failure::NotFound);
    }
    Ok(see_other("/.vestibule/account?done=ended"))
}

/// `POST account/sign-out-everywhere`
pub async fn sign_out_everywhere(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let owner = Owner::posting(&wizard, &visit, &posted)?;
    wizard.sessions.end_all(owner.live.user.id, None, &visit.source()).await?;
    Ok(signed_out(&visit, "/.vestibule/login?out=all"))
}

/// `POST account/sign-out-elsewhere`: every session but this one.
pub async fn sign_out_elsewhere(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let owner = Owner::posting(&wizard, &visit, &posted)?;
    let Live { user, session, .. } = &*owner.live;
    wizard.sessions.end_all(user.id, Some(&session.handle), &visit.source()).await?;
    Ok(see_other("/.vestibule/account?done=elsewhere"))
}

/// What one confirm page is about.
struct Confirm {
    deed: Deed,
    stage: Stage,
    rows: Vec<Row<Factor>>,
    /// The factors that can confirm it; none: the password does.
    usable: Vec<Row<Factor>>,
}

impl Wizard {
    /// Whether this is the last factor that is no fallback: it stays, for without it there is no second door.
    fn is_last(&self, rows: &[Row<Factor>], id: &FactorId) -> bool {
        let counts = |row: &&Row<Factor>| self.card(&row.value.method).is_none_or(|card| !card.fallback);
        rows.iter().filter(counts).all(|row| row.value.id == *id)
    }

    /// Whether a user has no more than one of this method, so that a new one takes its place.
    fn is_one_alone(&self, id: &MethodId) -> bool {
        self.card(id).is_some_and(|card| !card.several)
    }

    async fn confirm(&self, visit: &Visit, deed: &str) -> Result<Confirm, Failure> {
        let owner = Owner::of(visit)?;
        let deed = Deed::parse(deed).ok_or(Failure::NotFound)?;
        let rows = self.accounts.factors(&owner.live.user).await?;
        let held = |id: &FactorId| rows.iter().any(|row| row.value.id == *id);
        let offered = match &deed {
            // Somebody without any factor gets the first one by an invitation, not from here.
            Deed::Add(id) => {
                self.checks.registry.get(id).is_some_and(|method| method.works_at(&visit.place())) && !rows.is_empty()
            }
            Deed::Rename(id) => held(id),
            Deed::Remove(id) => held(id) && !self.is_last(&rows, id),
            Deed::EndBrowser(handle) => {
                self.accounts.browsers(&owner.live.user).await?.iter().any(|browser| browser.handle == *handle)
            }
            Deed::Password | Deed::EndBrowsers => true,
        };
        if !offered {
            return Err(Failure::NotFound);
        }
        let Some(stage) = self.deed(visit, &deed.name()).await? else { return Err(Failure::Overtaken) };
        let mut usable = self.checks.usable(&owner.live.user).await?;
        // What the new one takes the place of does not vouch for it: whoever holds the old mailbox, or an old list of
        // codes, must not move the account to his own.
        let replaced =
            |row: &Row<Factor>| matches!(&deed, Deed::Add(id) if row.value.method == *id && self.is_one_alone(id));
        usable.retain(|row| !replaced(row));
        if usable.is_empty() && !rows.is_empty() {
            // Factors that cannot be used now are factors all the same: the password alone is no way around them.
            return Err(Failure::Forbidden);
        }
        Ok(Confirm { deed, stage: Stage::Deed(stage), rows, usable })
    }
}

impl Confirm {
    fn user(&self) -> &Arc<User> {
        self.stage.user()
    }

    fn label_of(&self, id: &FactorId) -> String {
        self.rows.iter().find(|row| row.value.id == *id).map(|row| row.value.label.clone()).unwrap_or_default()
    }

    /// Where this deed is confirmed by this factor.
    fn by_address(&self, factor: &Factor) -> String {
        self.deed.address(Some(&factor.id))
    }

    fn by<'a>(&'a self, named: Option<&str>) -> Result<Option<&'a Row<Factor>>, Failure> {
        match named.filter(|text| !text.is_empty()) {
            Some(text) => {
                let found = self.usable.iter().find(|row| row.value.id.as_str() == text);
                found.map(Some).ok_or(Failure::NotFound)
            }
            None => Ok(self.usable.first()),
        }
    }
}

/// `GET account/confirm/{deed}`; with `lost` the page for a lost device.
pub async fn ask(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(deed): Path<String>,
) -> Result<Response, Failure> {
    let confirm = wizard.confirm(&visit, &deed).await?;
    if query(&visit, "lost").is_some() && !confirm.usable.is_empty() {
        let others = wizard.ways_back(&confirm.usable, |factor| confirm.by_address(factor), &visit.texts);
        let view = verify::LostView { others, back: confirm.deed.address(None) };
        let frame = visit.frame_signed_in(wizard.vault.now(), confirm.user());
        return Ok(page(StatusCode::OK, verify::lost(&view, &frame, &visit.texts)));
    }
    let by = confirm.by(query(&visit, "factor").as_deref())?;
    form(&wizard, &visit, &confirm, by, Said::default()).await
}

/// What a confirm page says besides the question.
#[derive(Default)]
struct Said {
    again: Option<Again>,
    password: Option<PasswordProblem>,
    wrong_password: bool,
    label: Option<(String, &'static str)>,
}

/// `POST account/confirm/{deed}`
pub async fn act(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    Path(deed): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let confirm = wizard.confirm(&visit, &deed).await?;
    if !confirm.stage.csrf_holds(&wizard, posted.get("csrf")) {
        return Err(Failure::Forged);
    }
    let by = confirm.by(Some(posted.get("factor")))?;
    // What the deed itself needs is looked at first: a mistake there must not use up a code.
    if !posted.has("send") {
        let mut said = Said::default();
        match &confirm.deed {
            Deed::Rename(_) => {
                let label = posted.get("label").trim();
                if label.is_empty() {
                    said.label = Some((String::new(), "error-label-missing"));
                } else if label.chars().count() > 64 {
                    said.label = Some((label.to_owned(), "error-label-long"));
                }
            }
            Deed::Password => {
                said.password = judged(&wizard, &confirm.user().name, &posted).err();
            }
            Deed::Add(_) | Deed::Remove(_) | Deed::EndBrowser(_) | Deed::EndBrowsers => {}
        }
        if said.label.is_some() || said.password.is_some() {
            return form(&wizard, &visit, &confirm, by, said).await;
        }
    }
    let proof = match by {
        Some(factor) => match wizard.turn(&visit, &confirm.stage, factor, &posted).await? {
            Turn::Begun => return Ok(see_other(&confirm.deed.address(Some(&factor.value.id)))),
            Turn::Again(again) => {
                // Read anew: the attempt may have used the challenge up.
                let confirm = wizard.confirm(&visit, &deed).await?;
                let by = confirm.by(Some(posted.get("factor")))?;
                return form(&wizard, &visit, &confirm, by, Said { again: Some(again), ..Said::default() }).await;
            }
            Turn::Over => return Err(Failure::Overtaken),
            Turn::Proved(proof) => proof,
        },
        None => {
            let name = confirm.user().name.as_str();
            let lane = wizard.first.lane(name, visit.cookies.browser.as_ref()).await?;
            let password = posted.secret("password");
            match wizard.first.check_again(confirm.user(), &password, &lane, &visit.source()).await? {
                SignIn::Proved(proof) => proof,
                SignIn::Wrong => {
                    let said = Said { wrong_password: true, ..Said::default() };
                    return form(&wizard, &visit, &confirm, by, said).await;
                }
                SignIn::Wait(until) => {
                    let said = Said { again: Some(Again::Wait(until)), ..Said::default() };
                    return form(&wizard, &visit, &confirm, by, said).await;
                }
                SignIn::Closed => {
                    let said = Said { again: Some(Again::Closed), ..Said::default() };
                    return form(&wizard, &visit, &confirm, by, said).await;
                }
            }
        }
    };
    done(&wizard, &visit, &confirm, Evidence::from(proof), &posted).await
}

/// Does what was confirmed.
async fn done(
    wizard: &Wizard,
    visit: &Visit,
    confirm: &Confirm,
    proof: Evidence,
    posted: &Posted,
) -> Result<Response, Failure> {
    let user = confirm.user();
    let source = visit.source();
    let Stage::Deed(stage) = &confirm.stage else { return Err(Failure::Overtaken) };
    match &confirm.deed {
        Deed::Add(id) => {
            let pending = Pending {
                enrols: Enrols::Added(id.clone()),
                session: Some(stage.live.session.handle.clone()),
                ..wizard.pending(visit, user, vec![proof])
            };
            let still = vec![wizard.sessions.present(&stage.token), wizard.accounts.unchanged(user).await?];
            let token = wizard.sessions.begin_login(pending, None, still).await?;
            let mut response = see_other(&format!("/.vestibule/enrol/{id}"));
            let names = &visit.site.cookies;
            set_cookie(&mut response, &names.set(&names.login, &token.encode(), None));
            Ok(response)
        }
        Deed::Rename(id) => {
            let event = Event::new(Kind::Renamed, &source).user(user.id, &user.name);
            let method = confirm.rows.iter().find(|row| row.value.id == *id).map(|row| row.value.method.clone());
            let event = match method {
                Some(method) => event.factor(&method, Some(id)),
                None => event,
            };
            let more = vec![wizard.audit.entry(event)?, wizard.sessions.present(&stage.token)];
            wizard.accounts.rename_factor(user, id, posted.get("label").trim(), more).await?;
            Ok(see_other("/.vestibule/account?done=renamed"))
        }
        Deed::Remove(id) => {
            let more = vec![wizard.sessions.present(&stage.token)];
            wizard.checks.remove(user, id, true, &source, more).await?;
            renewed(wizard, visit, &stage.live, proof, "removed").await
        }
        Deed::Password => {
            let prepared = wizard.first.prepare(&user.name, &posted.secret("new_password")).await?;
            let more = vec![wizard.sessions.present(&stage.token)];
            // A password that a mailbox set vouches for no more than the mailbox did.
            let by_mail = user.password_by_mail && proof.factor.is_none();
            wizard.first.set_password(user, &prepared, user.enrol_until, by_mail, &source, more).await?;
            renewed(wizard, visit, &stage.live, proof, "password").await
        }
        Deed::EndBrowser(_) | Deed::EndBrowsers => {
            let (handle, which) = match &confirm.deed {
                Deed::EndBrowser(handle) => (Some(handle), handle.as_str()),
                _ => (None, "all"),
            };
            let event = Event::new(Kind::BrowserEnded, &source).user(user.id, &user.name).detail(which);
            let more = vec![wizard.audit.entry(event)?, wizard.sessions.present(&stage.token)];
            wizard.accounts.forget_browsers(user, handle, more).await?;
            Ok(see_other("/.vestibule/account?done=forgotten"))
        }
    }
}

/// After a change that ended everything the user holds: this browser, which made it, goes on in a new session.
async fn renewed(
    wizard: &Wizard,
    visit: &Visit,
    live: &Live,
    proof: Evidence,
    done: &str,
) -> Result<Response, Failure> {
    let user = wizard.accounts.by_id(live.user.id).await?;
    // The one generation that the deed itself made; whatever else was ended meanwhile stays ended.
    let user = user.filter(|user| !user.disabled && user.generation == live.session.generation + 1);
    let user = user.ok_or(Failure::Elsewhere("/.vestibule/login"))?;
    let mut evidence = live.evidence.clone();
    evidence.retain(|old| {
        old.factor != proof.factor && old.factor.as_ref().is_none_or(|(_, id)| user.factors.contains(id))
    });
    evidence.push(proof);
    let signed_in = wizard.open(visit, &user, evidence, None, None, Vec::new()).await?;
    let mut response = see_other(&with_query("/.vestibule/account", &[("done", Some(done))]));
    signed_in.tell(visit, &mut response, None);
    Ok(response)
}

async fn form(
    wizard: &Wizard,
    visit: &Visit,
    confirm: &Confirm,
    by: Option<&Row<Factor>>,
    said: Said,
) -> Result<Response, Failure> {
    let now = wizard.vault.now();
    let texts = &visit.texts;
    let target = Form::new(confirm.deed.address(None), confirm.stage.csrf(wizard));
    let (prompt, target, others) = match by {
        Some(row) => {
            let prompt = wizard.question(visit, &confirm.stage, row, said.again.as_ref()).await?;
            let by = |factor: &Factor| confirm.by_address(factor);
            let others = wizard.others(&confirm.usable, Some(&row.value.id), by, texts);
            (prompt, target.with("factor", row.value.id.as_str()), others)
        }
        None => {
            let error = said.wrong_password.then(|| texts.text("error-login-wrong"));
            let field = Field::password(texts).with_error(error);
            (Prompt { fields: vec![field], ..Prompt::default() }, target, Vec::new())
        }
    };
    let (action, fields) = match &confirm.deed {
        Deed::Add(id) if wizard.card(id).is_some_and(|card| card.hands_out_codes) => {
            (Action::NewRecoveryCodes, Vec::new())
        }
        Deed::Add(_) => (Action::AddFactor, Vec::new()),
        Deed::Rename(id) => {
            let name = confirm.label_of(id);
            let (value, error) = match &said.label {
                Some((value, error)) => (value.clone(), Some(texts.text(error))),
                None => (name.clone(), None),
            };
            (Action::RenameFactor { name }, vec![Field::label(texts).with_value(value).with_error(error)])
        }
        Deed::Remove(id) => (Action::RemoveFactor { name: confirm.label_of(id) }, Vec::new()),
        Deed::EndBrowser(handle) => {
            let known = wizard.accounts.browsers(confirm.user()).await?;
            let browser = known.iter().find(|browser| browser.handle == *handle);
            let name = browser.map(|browser| described(&browser.agent, &browser.address)).unwrap_or_default();
            (Action::EndBrowser { name }, Vec::new())
        }
        Deed::EndBrowsers => (Action::EndBrowsers, Vec::new()),
        Deed::Password => {
            let least = wizard.settings.min_length as u64;
            (Action::ChangePassword, confirm::new_password(least, said.password, texts))
        }
    };
    let view = confirm::View {
        form: target,
        action,
        fields,
        prompt,
        others,
        lost: by.map(|_| with_query(&confirm.deed.address(None), &[("lost", Some("1"))])),
        wait: said.again.as_ref().and_then(Again::wait),
        back: "/.vestibule/account".to_owned(),
    };
    let frame = visit.frame_signed_in(now, confirm.user());
    let response = page(StatusCode::OK, confirm::page(&view, &frame, texts));
    Ok(match &said.again {
        Some(again) => again.held(response, now),
        None => response,
    })
}

fn seconds(time: Time) -> u64 {
    u64::try_from(time.secs()).unwrap_or(0)
}

/// A browser as its owner may recognise it.
pub fn described(agent: &str, address: &str) -> String {
    format!("{} {address}", short(agent)).trim().to_owned()
}

/// The part of a `User-Agent` people know: browser and system, cut.
fn short(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 5] =
        [("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |list: &[(&str, &'static str)]| list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system},"),
        (Some(one), None) | (None, Some(one)) => format!("{one},"),
        (None, None) => agent.chars().take(40).collect(),
    }
}
