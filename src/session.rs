//! Visitors: who holds which cookie, and what is proved of them. A session's level comes from the proofs it carries and
//! from nothing else; its id is new at every change of level and the old one is dead. A pending login (a right password,
//! nothing more) is no session: to the gate it is a stranger.

mod action;
mod cookies;
mod memory;
mod pending;
mod seal;
mod site;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use crate::account::{Accounts, User};
use crate::audit::{Audit, Event, Kind, Origin};
use crate::clock::{TOLERANCE, Time};
use crate::config::SessionSection;
use crate::method::Proof;
use crate::secret::{Key, SessionKind, Token, TokenKind};
use crate::store::{Change, Expect, Record, Row, Vault, VaultError};
use crate::ticket::Tickets;
use crate::types::{FactorId, Handle, Level, MethodId, Strength, UserId};
use memory::{Changed, Hash, Held, Memory, hash_of, key_of};
use seal::Forgery;

pub use action::Action;
pub use cookies::{CookieNames, Cookies, MOST_WAYS, without_ours};
pub use pending::{Enrols, Need, Pending, RanOut};
pub use seal::{LoginSeal, StateSeal};
pub use site::{At, SiteTicket};

const SESSIONS: &str = "session/";
const POINTERS: &str = "user-session/";
/// At most so many sessions of one user; one more ends the oldest. Small enough that all of them end in one commit.
pub const SESSIONS_PER_USER: usize = 40;
/// How old a written `last_seen` gets before it is written again.
const WRITE_LAST_SEEN: Duration = Duration::from_secs(60);
/// Of a login form. Nobody has proved anything by it, so it may lie open as long as somebody may take (WCAG 2.2, 2.2.1).
const FORM_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Of a challenge that travels through the page, whatever its method allows.
const CHALLENGE_LIFE: Duration = Duration::from_secs(5 * 60);
/// How long the token of a session that stepped up still says which login it was of, and nothing more: a sign-out that
/// was sent with it a moment before must end that login, and not miss it.
const REPLACED_LIFE: Duration = Duration::from_secs(60);
/// How often a write is tried again when somebody else was first.
const ATTEMPTS: usize = 5;
/// Writes on their way to the store at once, off the request path.
const AT_ONCE: usize = 64;

/// A proof as a session carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// `None`: the password.
    pub factor: Option<(MethodId, FactorId)>,
    pub strength: Strength,
    pub at: Time,
    pub amr: Vec<String>,
    /// The factor itself made sure that its owner used it: two kinds in one.
    #[serde(default)]
    pub by_owner: bool,
}

impl From<&Proof> for Evidence {
    fn from(proof: &Proof) -> Self {
        Self {
            factor: proof.factor().cloned(),
            strength: proof.strength(),
            at: proof.at(),
            amr: proof.amr().to_vec(),
            by_owner: proof.is_by_owner(),
        }
    }
}

impl From<Proof> for Evidence {
    fn from(proof: Proof) -> Self {
        Self::from(&proof)
    }
}

impl Evidence {
    /// What kind of proof it is: two of the same are worth no more than one. `None`: the password.
    fn kind(&self) -> Option<&MethodId> {
        self.factor.as_ref().map(|(method, _)| method)
    }

    /// Whether it was carried here by a trusted browser: proved there, and not since.
    pub fn is_remembered(&self) -> bool {
        self.strength == Strength::Remembered
    }
}

/// A session. Key `session/<hash of token>`; `user-session/<user>/<login>` leads to it, and to one on a site
/// `user-session/<user>/<handle>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub handle: Handle,
    pub user: UserId,
    /// The user's generation when it was made; another one ends it.
    pub generation: u64,
    pub evidence: Arc<[Evidence]>,
    pub created: Time,
    /// Written at most once a minute; memory knows better.
    pub last_seen: Time,
    /// The absolute end; activity does not move it.
    pub ends: Time,
    /// Where and what, for display.
    pub address: Option<IpAddr>,
    pub agent: String,
    /// The handle of the first session of this login, where this is not it.
    #[serde(default)]
    pub login: Option<Handle>,
    /// The origin of the site it counts on, by a ticket; `None`: it counts where our pages are.
    #[serde(default)]
    pub site: Option<String>,
}

impl Record for Session {
    const NAME: &'static str = "session";
}

/// What `user-session/<user>/…` says: where the session lies, and enough to choose among them unread. That of a login stays
/// where it is while its sessions change.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Pointer {
    /// The session's key.
    session: String,
    handle: Handle,
    generation: u64,
    created: Time,
    #[serde(default)]
    login: Option<Handle>,
    #[serde(default)]
    on_site: bool,
}

impl Pointer {
    fn to(session: &Session, hash: &Hash) -> Self {
        Self {
            session: key_of(hash),
            handle: session.handle.clone(),
            generation: session.generation,
            created: session.created,
            login: session.login.clone(),
            on_site: session.site.is_some(),
        }
    }

    fn login(&self) -> &Handle {
        self.login.as_ref().unwrap_or(&self.handle)
    }
}

impl Record for Pointer {
    const NAME: &'static str = "pointer to a session";
}

/// What `replaced-session/<hash of token>` says: which login the dead session was of.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Replaced {
    user: UserId,
    login: Handle,
}

impl Record for Replaced {
    const NAME: &'static str = "replaced session";
}

/// A session that is alive right now, with its user as he is right now.
#[derive(Clone, Debug)]
pub struct Live {
    pub session: Arc<Session>,
    pub user: Arc<User>,
    /// Only evidence whose factor the user still has, and that is not stamped in the future.
    pub evidence: Arc<[Evidence]>,
    pub level: Level,
    /// When it ends if nothing more is asked: the nearer of idle and absolute.
    pub ends: Time,
}

impl Live {
    /// What was proved, in the words of RFC 8176: each once, and `mfa` where something known or inherent (the password, or
    /// a factor that made sure of its owner) and something held were proved in this session. Two things held are one kind
    /// of proof, and a remembered proof belongs to an older session.
    pub fn amr(&self) -> Vec<&str> {
        let mut amr = Vec::new();
        for value in self.evidence.iter().flat_map(|evidence| &evidence.amr) {
            if value != "mfa" && !amr.contains(&value.as_str()) {
                amr.push(value.as_str());
            }
        }
        let here = || self.evidence.iter().filter(|evidence| evidence.strength > Strength::Remembered);
        let owner = here().any(|evidence| evidence.factor.is_none() || evidence.by_owner);
        if owner && here().any(|evidence| evidence.factor.is_some()) {
            amr.push("mfa");
        }
        amr
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Visitor {
    Stranger,
    Live(Arc<Live>),
}

impl Visitor {
    pub fn level(&self) -> Level {
        match self {
            Visitor::Stranger => Level::Stranger,
            Visitor::Live(live) => live.level,
        }
    }

    pub fn live(&self) -> Option<&Arc<Live>> {
        match self {
            Visitor::Stranger => None,
            Visitor::Live(live) => Some(live),
        }
    }
}

/// Where a session was opened, for display and audit.
#[derive(Clone, Debug)]
pub struct Place {
    pub address: Option<IpAddr>,
    pub agent: String,
}

/// A new session: its token for the cookie, once.
#[derive(Debug)]
pub struct Opened {
    pub token: Token<SessionKind>,
    pub session: Session,
}

/// Told when a session ends, so that its open streams can be cut. May be told twice of one end.
pub type Ended = Arc<dyn Fn(&Handle) + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error(transparent)]
    Account(#[from] crate::account::AccountError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// All sessions. Live ones are answered from bounded memory; a miss asks the store; a store that is down is an error,
/// never a stranger.
#[derive(Clone)]
pub struct Sessions {
    vault: Vault,
    accounts: Accounts,
    audit: Audit,
    tickets: Tickets,
    limits: Limits,
    memory: Arc<Memory>,
    ended: Arc<Mutex<Vec<Ended>>>,
    follows: Arc<AtomicBool>,
    forgery: Forgery,
    seal: LoginSeal,
    challenge_seal: LoginSeal,
    state_seal: StateSeal,
    /// What handles are made with.
    handles: Key,
}

#[derive(Clone, Copy)]
struct Limits {
    idle: Duration,
    lifetime: Duration,
    login_timeout: Duration,
}

impl Sessions {
    pub fn new(vault: Vault, accounts: Accounts, audit: Audit, settings: &SessionSection) -> Self {
        let limits =
            Limits { idle: settings.idle.0, lifetime: settings.lifetime.0, login_timeout: settings.login_timeout.0 };
        let memory = Arc::new(Memory::new());
        let (of_sessions, of_pointers, of_users) = (memory.clone(), memory.clone(), memory.clone());
        vault.watch(SESSIONS, Arc::new(move |key| of_sessions.session_changed(key)));
        vault.watch(POINTERS, Arc::new(move |key| of_pointers.pointer_changed(key)));
        vault.watch("user/", Arc::new(move |key| of_users.user_changed(key)));
        Self {
            tickets: Tickets::new(vault.clone()),
            forgery: Forgery::new(&vault),
            seal: LoginSeal::new(&vault, "login form", FORM_LIFE),
            challenge_seal: LoginSeal::new(&vault, "login challenge", CHALLENGE_LIFE),
            state_seal: StateSeal::new(&vault, limits.login_timeout),
            handles: vault.derive("session handle"),
            ended: Arc::default(),
            follows: Arc::default(),
            vault,
            accounts,
            audit,
            limits,
            memory,
        }
    }

    /// How many sessions are remembered: those that were used since the start, as far as they fit.
    pub fn in_memory(&self) -> usize {
        self.memory.len()
    }

    /// Who holds this token, where it was brought to. Touches `last_seen` in memory: on a site that of the login. A dead,
    /// expired, unknown token, one of another place, of a disabled or removed user, or of another generation: a stranger.
    pub async fn visitor(&self, token: Option<&Token<SessionKind>>, at: &At) -> Result<Visitor, SessionError> {
        let (visitor, held) = self.look(token, at).await?;
        if let Some(held) = held {
            held.touch(self.vault.now());
        }
        Ok(visitor)
    }

    /// The same without touching `last_seen`: for scripts that ask again and again how long a session has left, which
    /// must not keep it alive.
    pub async fn glance(&self, token: Option<&Token<SessionKind>>, at: &At) -> Result<Visitor, SessionError> {
        Ok(self.look(token, at).await?.0)
    }

    /// The visitor, and what use of the session keeps alive.
    async fn look(
        &self,
        token: Option<&Token<SessionKind>>,
        at: &At,
    ) -> Result<(Visitor, Option<Arc<Held>>), SessionError> {
        const STRANGER: (Visitor, Option<Arc<Held>>) = (Visitor::Stranger, None);
        let Some(token) = token else { return Ok(STRANGER) };
        let Some(held) = self.held(token.hash().bytes()).await? else { return Ok(STRANGER) };
        let now = self.vault.now();
        if !at.counts(&held.session) || !held.is_alive(self.limits.idle, now) {
            return Ok(STRANGER);
        }
        let session = held.session.clone();
        let held = match &session.site {
            None => held,
            Some(_) => match self.of_login(session.user, session.login()).await? {
                Some(login) => login,
                None => return Ok(STRANGER),
            },
        };
        let user = self.accounts.by_id(session.user).await?;
        let Some(user) = user.filter(|user| may_hold(user, session.generation)) else { return Ok(STRANGER) };
        let evidence = standing(&session.evidence, &user, now);
        let level = level(&evidence);
        if level == Level::Stranger {
            return Ok(STRANGER);
        }
        let ends = session.ends.min(now + self.limits.idle);
        Ok((Visitor::Live(Arc::new(Live { session, user, evidence, level, ends })), Some(held)))
    }

    /// From memory, else from the store.
    async fn held(&self, hash: &Hash) -> Result<Option<Arc<Held>>, VaultError> {
        if let Some(held) = self.memory.get(hash) {
            return Ok(Some(held));
        }
        let epoch = self.memory.epoch(hash);
        let Some(row) = self.vault.get::<Session>(&key_of(hash)).await? else { return Ok(None) };
        let held = Arc::new(Held::new(row.value, row.version));
        self.memory.keep(*hash, held.clone(), epoch);
        Ok(Some(held))
    }

    /// Opens a session on proofs (evidence from a pending login or the session it replaces, and what was just proved).
    /// One commit: the new session, the end of `replaces`, `more` (the pending login's end, the browser made known,
    /// the audit events), the end of the oldest session beyond [`SESSIONS_PER_USER`]. Its absolute end counts from the
    /// first factor: stepping up does not move it. [`VaultError::Conflict`] where `replaces` is a session of the same
    /// user that has ended meanwhile: what it carried must not outlive it. The login goes on, and with it its sessions on
    /// sites, each with what was proved when it was opened. Requests under way in the old one are cut,
    /// the same user's streams in other tabs among them: they open anew, and are judged by what is proved now.
    pub async fn open(
        &self,
        user: &User,
        evidence: Vec<Evidence>,
        place: &Place,
        replaces: Option<&Session>,
        more: Vec<Change>,
    ) -> Result<Opened, SessionError> {
        let evidence = newest_of_each(evidence);
        let mut attempt = 1;
        loop {
            let mut changes = Vec::new();
            let (mut ends_anyway, mut goes_on) = (None, None);
            if let Some(old) = replaces {
                match self.standing_of(old).await? {
                    Some((row, pointer)) => {
                        if let (true, Some(hash)) = (old.user == user.id, hash_of(&row.key)) {
                            let replaced = Replaced { user: old.user, login: old.login().clone() };
                            let until = Some(self.vault.now() + REPLACED_LIFE);
                            changes.push(self.vault.put(replaced_key(&hash), Expect::Any, &replaced, until)?);
                        }
                        changes.push(self.vault.delete(row.key, Expect::Version(row.version)));
                        let event = self.event(Kind::SessionEnded, old.user, &origin_of(place)).await?;
                        changes.push(self.audit.entry(event.detail(format!("{}: replaced", old.handle)))?);
                        if old.user == user.id {
                            goes_on = Some(pointer);
                        } else {
                            changes.push(self.vault.delete(pointer.key, Expect::Version(pointer.version)));
                        }
                    }
                    None if old.user == user.id => {
                        return Err(VaultError::Conflict(pointer_key(old.user, old.login())).into());
                    }
                    None => {}
                }
                ends_anyway = Some(&old.handle);
            }
            let (opened, opening) = self.opening(user, &evidence, place, goes_on.as_ref())?;
            changes.extend(opening);
            // What was proved was proved of this user as it was: enabled, and of this generation.
            changes.push(self.accounts.unchanged(user).await?);
            changes.extend(self.making_room(user, ends_anyway, place).await?);
            changes.extend(more.iter().cloned());
            match self.vault.commit(changes).await {
                Ok(_) => {
                    if let Some(old) = replaces {
                        self.tell(&old.handle);
                    }
                    return Ok(opened);
                }
                // Its `last_seen` was written, or the user signed in elsewhere: read again.
                Err(VaultError::Conflict(key))
                    if (is_session_key(&key) || key.starts_with("user/")) && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The expectation that a session has not ended: part of the commit of a deed that it is the right to.
    pub fn present(&self, token: &Token<SessionKind>) -> Change {
        self.vault.only_if(key_of(token.hash().bytes()), Expect::Present)
    }

    /// `goes_on`: the pointer of the login that this is the next session of.
    fn opening(
        &self,
        user: &User,
        evidence: &[Evidence],
        place: &Place,
        goes_on: Option<&Row<Pointer>>,
    ) -> Result<(Opened, Vec<Change>), VaultError> {
        let now = self.vault.now();
        let token = Token::generate(&**self.vault.random());
        let hash = *token.hash().bytes();
        let session = Session {
            handle: self.handle(&hash),
            user: user.id,
            generation: user.generation,
            evidence: evidence.into(),
            created: now,
            last_seen: now,
            ends: first_factor(evidence).unwrap_or(now).min(now) + self.limits.lifetime,
            address: place.address,
            agent: cut(&place.agent),
            login: goes_on.map(|row| row.value.login().clone()),
            site: None,
        };
        let pointer = Pointer::to(&session, &hash);
        let expect = goes_on.map_or(Expect::Absent, |row| Expect::Version(row.version));
        let changes = vec![
            self.vault.put(key_of(&hash), Expect::Absent, &session, Some(session.ends))?,
            self.vault.put(pointer_key(user.id, session.login()), expect, &pointer, Some(session.ends))?,
        ];
        Ok((Opened { token, session }, changes))
    }

    /// A session and its pointer, if it is still there.
    async fn standing_of(&self, session: &Session) -> Result<Option<(Row<Session>, Row<Pointer>)>, VaultError> {
        let pointer = self.vault.get::<Pointer>(&pointer_key(session.user, session.login())).await?;
        let Some(pointer) = pointer.filter(|row| row.value.handle == session.handle) else { return Ok(None) };
        Ok(self.vault.get::<Session>(&pointer.value.session).await?.map(|row| (row, pointer)))
    }

    /// The writes that end what a pointer leads to.
    fn pointed_ends(&self, row: Row<Pointer>) -> Vec<Change> {
        vec![
            self.vault.delete(row.value.session, Expect::Any),
            self.vault.delete(row.key, Expect::Version(row.version)),
        ]
    }

    /// The writes that end the oldest sessions of a user who has too many for one more.
    async fn making_room(
        &self,
        user: &User,
        ends_anyway: Option<&Handle>,
        place: &Place,
    ) -> Result<Vec<Change>, VaultError> {
        let mut rows = self.pointers(user.id).await?;
        rows.retain(|row| !row.value.on_site && Some(&row.value.handle) != ends_anyway);
        let mut changes = Vec::new();
        for row in excess(&mut rows, SESSIONS_PER_USER) {
            let event = Event::new(Kind::SessionEnded, &origin_of(place)).user(user.id, &user.name);
            changes
                .push(self.audit.entry(event.detail(format!("{}: more than {SESSIONS_PER_USER}", row.value.handle)))?);
            changes.extend(self.pointed_ends(row));
        }
        Ok(changes)
    }

    /// The login whose session this token was until a step-up took its place a moment ago: good for ending it.
    pub async fn replaced(&self, token: &Token<SessionKind>) -> Result<Option<(UserId, Handle)>, SessionError> {
        let row = self.vault.get::<Replaced>(&replaced_key(token.hash().bytes())).await?;
        Ok(row.map(|row| (row.value.user, row.value.login)))
    }

    /// Ends one login of this user, by its handle, by that of its session or of one on a site. `false`: there is none, or it
    /// is over already. Once this says either, no session of that login is alive, and none comes of a step-up under way.
    pub async fn end(&self, user: UserId, handle: &Handle, origin: &Origin) -> Result<bool, SessionError> {
        let Some(login) = self.login_of(user, handle).await? else { return Ok(false) };
        let mut attempt = 1;
        loop {
            // Read anew each time: a step-up meanwhile changes the session, and the login stays.
            let pointer = self.vault.get::<Pointer>(&pointer_key(user, &login)).await?;
            let Some(pointer) = pointer.filter(|row| !row.value.on_site) else { return Ok(false) };
            let event = self.event(Kind::SessionEnded, user, origin).await?.detail(pointer.value.handle.as_str());
            let ended = pointer.value.handle.clone();
            let mut changes = vec![self.audit.entry(event)?];
            changes.extend(self.pointed_ends(pointer));
            match self.vault.commit(changes).await {
                Ok(_) => {
                    self.tell(&ended);
                    return Ok(true);
                }
                Err(VaultError::Conflict(_)) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Ends all logins of a user, save `except`, durably at once. Gives how many.
    pub async fn end_all(&self, user: UserId, except: Option<&Handle>, origin: &Origin) -> Result<usize, SessionError> {
        let mut ended = 0;
        let mut attempt = 1;
        loop {
            let mut rows = self.pointers(user).await?;
            // Those on sites end with their logins.
            rows.retain(|row| !row.value.on_site && Some(row.value.login()) != except);
            // More than fit one commit only where many signed in at the same moment.
            rows.truncate(SESSIONS_PER_USER);
            if rows.is_empty() {
                return Ok(ended);
            }
            let event = self.event(Kind::SessionsEnded, user, origin).await?.detail(rows.len().to_string());
            let mut changes = vec![self.audit.entry(event)?];
            let handles: Vec<Handle> = rows.iter().map(|row| row.value.handle.clone()).collect();
            changes.extend(rows.into_iter().flat_map(|row| self.pointed_ends(row)));
            match self.vault.commit(changes).await {
                Ok(_) => {
                    handles.iter().for_each(|handle| self.tell(handle));
                    ended += handles.len();
                }
                // One of them was replaced by its successor: that one ends, too.
                Err(VaultError::Conflict(_)) if attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Ends trust, which is what `end` does, and the logins of a user that rest on any, save `except`: whoever held a copy
    /// of a trusted browser's cookie may sit in each of them. They end first: what breaks off in between leaves the trust,
    /// which is seen and ended again, and never a thief without it. And they end once more, for whoever came meanwhile.
    pub async fn end_remembered_with<T, E: From<SessionError>>(
        &self,
        user: UserId,
        except: Option<&Handle>,
        origin: &Origin,
        end: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.end_remembered(user, except, origin).await?;
        let ended = end.await?;
        self.end_remembered(user, except, origin).await?;
        Ok(ended)
    }

    /// Gives how many.
    async fn end_remembered(
        &self,
        user: UserId,
        except: Option<&Handle>,
        origin: &Origin,
    ) -> Result<usize, SessionError> {
        let mut ended = 0;
        for session in self.list(Some(user)).await? {
            let remembered = session.evidence.iter().any(Evidence::is_remembered) && Some(session.login()) != except;
            ended += usize::from(remembered && self.end(user, session.login(), origin).await?);
        }
        Ok(ended)
    }

    /// Live sessions, of one user or of all, newest first: one of each login, however many sites it opens.
    pub async fn list(&self, user: Option<UserId>) -> Result<Vec<Session>, SessionError> {
        let rows = match user {
            Some(user) => {
                let mut rows = Vec::new();
                for pointer in self.pointers(user).await? {
                    rows.extend(self.vault.get::<Session>(&pointer.value.session).await?);
                }
                rows
            }
            None => self.vault.all::<Session>(SESSIONS).await?,
        };
        let rows = rows.into_iter().filter(|row| row.value.site.is_none());
        let now = self.vault.now();
        let held: HashMap<Handle, Time> =
            self.memory.all().into_iter().map(|(_, held)| (held.session.handle.clone(), held.last_seen())).collect();
        let mut sessions = Vec::new();
        for row in rows {
            let row = Held::new(row.value, row.version);
            held.get(&row.session.handle).into_iter().for_each(|seen| row.touch(*seen));
            let user = self.accounts.by_id(row.session.user).await?;
            let stands = user.is_some_and(|user| may_hold(&user, row.session.generation));
            if stands && row.is_alive(self.limits.idle, now) {
                sessions.push(Session { last_seen: row.last_seen(), ..Session::clone(&row.session) });
            }
        }
        sessions.sort_by_key(|session| Reverse(session.created));
        Ok(sessions)
    }

    /// Calls `ended` for each session that ends from now on, whatever ended it (logout, disable, generation, another
    /// process), within a second; expiry at the next [`Sessions::tick`]. To be called on the runtime: the first call
    /// starts the task that follows the store. Whoever lists streams under sessions remembers who ended: an end that
    /// came between the decision and the listing is not told again.
    pub fn on_end(&self, ended: Ended) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).push(ended);
        let runtime = tokio::runtime::Handle::try_current();
        if let Ok(runtime) = runtime
            && !self.follows.swap(true, Ordering::SeqCst)
        {
            let sessions = self.clone();
            runtime.spawn(async move {
                loop {
                    sessions.memory.news().await;
                    if let Err(error) = sessions.follow().await {
                        tracing::warn!(%error, "sessions that ended could not be looked up; tried again");
                    }
                }
            });
        }
    }

    /// The anti-forgery value of the forms of one session or pending login: a MAC over the hash of its token.
    pub fn csrf<K: TokenKind>(&self, token: &Token<K>) -> String {
        self.forgery.value(token)
    }

    /// Whether a form's value is this token's; compared in constant time.
    pub fn csrf_holds<K: TokenKind>(&self, token: &Token<K>, given: &str) -> bool {
        self.forgery.holds(token, given)
    }

    /// What signs the state of the login form, before the server remembers anything.
    pub fn login_seal(&self) -> &LoginSeal {
        &self.seal
    }

    /// What signs the way from a site to the portal and back.
    pub fn state_seal(&self) -> &StateSeal {
        &self.state_seal
    }

    /// What signs a challenge to whoever holds this login cookie, for at most [`CHALLENGE_LIFE`].
    pub fn challenge_seal(&self) -> &LoginSeal {
        &self.challenge_seal
    }

    /// Writes what memory knows of `last_seen`, ends what has expired; called each second or few, off the request path.
    pub async fn tick(&self) -> Result<(), SessionError> {
        self.follow().await?;
        let now = self.vault.now();
        let (alive, expired): (Vec<_>, Vec<_>) =
            self.memory.all().into_iter().partition(|(_, held)| held.is_alive(self.limits.idle, now));
        let due = |held: &Held| held.last_seen().since(held.session.last_seen) >= WRITE_LAST_SEEN;
        let due: Vec<_> = alive.into_iter().filter(|(_, held)| due(held)).collect();
        for some in due.chunks(AT_ONCE) {
            let writes = join_all(some.iter().map(|(hash, held)| self.write_last_seen(*hash, held))).await;
            writes.into_iter().collect::<Result<(), _>>()?;
        }
        for (hash, held) in expired {
            let session = &held.session;
            self.tell(&session.handle);
            let at = if session.site.is_some() { &session.handle } else { session.login() };
            let mut changes = vec![
                self.vault.delete(key_of(&hash), Expect::Version(held.version)),
                self.vault.delete(pointer_key(session.user, at), Expect::Any),
            ];
            if session.site.is_none() {
                let event = self.event(Kind::SessionEnded, session.user, &Origin::default()).await?;
                changes.push(self.audit.entry(event.detail(format!("{}: expired", session.handle)))?);
            }
            match self.vault.commit(changes).await {
                Ok(_) => {}
                // Gone already, by its own end or by another process: nothing else would make memory forget it.
                Err(VaultError::Conflict(_)) => self.memory.forget(&hash),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn write_last_seen(&self, hash: Hash, held: &Held) -> Result<(), VaultError> {
        let session = Session { last_seen: held.last_seen(), ..Session::clone(&held.session) };
        let change = self.vault.put(key_of(&hash), Expect::Version(held.version), &session, Some(session.ends))?;
        let epoch = self.memory.epoch(&hash);
        match self.vault.commit(vec![change]).await {
            Ok(version) => {
                let written = Held::new(session, version);
                written.touch(held.last_seen());
                // Our own write is one change; where there were more, the next request reads again.
                self.memory.keep(hash, Arc::new(written), epoch + 1);
                Ok(())
            }
            // It ended, or another process wrote it.
            Err(VaultError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Looks at what the store said has changed, and tells of the sessions that have ended by it.
    async fn follow(&self) -> Result<(), VaultError> {
        let mut changed = self.memory.take_changed();
        let looked = self.look_at(&mut changed).await;
        self.memory.put_back(changed);
        looked
    }

    /// Takes out of `changed` what has been dealt with.
    async fn look_at(&self, changed: &mut Changed) -> Result<(), VaultError> {
        while let Some(hash) = changed.sessions.iter().next().copied() {
            if self.vault.get::<Session>(&key_of(&hash)).await?.is_none() {
                self.tell(&self.handle(&hash));
            }
            changed.sessions.remove(&hash);
        }
        while let Some((user, handle)) = changed.pointers.iter().next().cloned() {
            if self.vault.get::<Pointer>(&pointer_key(user, &handle)).await?.is_none() {
                self.end_on_sites(user, &handle).await?;
            }
            changed.pointers.remove(&(user, handle));
        }
        while let Some(id) = changed.users.iter().next().copied() {
            // From the store: whoever remembers users may hear of the change after us.
            let user = self.vault.get::<User>(&format!("user/{id}")).await?.map(|row| row.value);
            for pointer in self.pointers(id).await? {
                let stands = user.as_ref().is_some_and(|user| may_hold(user, pointer.value.generation));
                if stands {
                    continue;
                }
                self.tell(&pointer.value.handle);
                let mut changes = Vec::new();
                if !pointer.value.on_site {
                    let event = about(Kind::SessionEnded, id, user.as_ref(), &Origin::default());
                    let event = event.detail(format!("{}: with all that its user held", pointer.value.handle));
                    changes.push(self.audit.entry(event)?);
                }
                changes.extend(self.pointed_ends(pointer));
                match self.vault.commit(changes).await {
                    // Ended by somebody else, who recorded it.
                    Ok(_) | Err(VaultError::Conflict(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            changed.users.remove(&id);
        }
        Ok(())
    }

    fn tell(&self, handle: &Handle) {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ended.iter().for_each(|ended| ended(handle));
    }

    /// A session's handle follows from its token's hash, so that one whose record is gone can still be named. It says
    /// nothing of the hash.
    fn handle(&self, hash: &Hash) -> Handle {
        let mac = self.handles.mac(&[hash]);
        // 80 bits in lower-case base32 are exactly what a handle is.
        Handle::parse(&BASE32_NOPAD.encode(&mac[..10]).to_ascii_lowercase()).expect("ten bytes are a handle")
    }

    /// The login that this is the handle of, or of a session of.
    async fn login_of(&self, user: UserId, handle: &Handle) -> Result<Option<Handle>, VaultError> {
        let rows = self.pointers(user).await?;
        let found = rows.iter().find(|row| [&row.value.handle, row.value.login()].contains(&handle));
        Ok(found.map(|row| row.value.login().clone()))
    }

    async fn pointers(&self, user: UserId) -> Result<Vec<Row<Pointer>>, VaultError> {
        self.vault.all(&format!("{POINTERS}{user}/")).await
    }

    async fn event(&self, kind: Kind, user: UserId, origin: &Origin) -> Result<Event, SessionError> {
        Ok(about(kind, user, self.accounts.by_id(user).await?.as_deref(), origin))
    }
}

/// An event of a user, who may be gone.
fn about(kind: Kind, id: UserId, user: Option<&User>, origin: &Origin) -> Event {
    let event = Event::new(kind, origin);
    match user {
        Some(user) => event.user(user.id, &user.name),
        None => Event { user: Some(id), ..event },
    }
}

fn origin_of(place: &Place) -> Origin {
    Origin { address: place.address, agent: Some(place.agent.clone()), ..Origin::default() }
}

fn pointer_key(user: UserId, handle: &Handle) -> String {
    format!("{POINTERS}{user}/{handle}")
}

fn replaced_key(hash: &Hash) -> String {
    format!("replaced-{}", key_of(hash))
}

/// The oldest of these, as many as stand in the way of one more.
fn excess(rows: &mut Vec<Row<Pointer>>, most: usize) -> Vec<Row<Pointer>> {
    // A commit has a limit of its own; two at once can leave one too many, which the next one ends.
    const AT_MOST: usize = 8;
    rows.sort_by_key(|row| row.value.created);
    let excess = (rows.len() + 1).saturating_sub(most).min(AT_MOST);
    rows.drain(..excess).collect()
}

fn is_session_key(key: &str) -> bool {
    key.starts_with(SESSIONS) || key.starts_with(POINTERS)
}

/// Whether this user may hold what was made in `generation`.
fn may_hold(user: &User, generation: u64) -> bool {
    !user.disabled && user.removed.is_none() && user.generation == generation
}

/// Evidence that still counts: its factor is still the user's, and it was not made in the future.
fn standing(evidence: &Arc<[Evidence]>, user: &User, now: Time) -> Arc<[Evidence]> {
    let has = |factor: &FactorId| user.factors.contains(factor);
    let counts = |evidence: &&Evidence| {
        evidence.at <= now + TOLERANCE && evidence.factor.as_ref().is_none_or(|(_, factor)| has(factor))
    };
    // Nearly always all of it.
    if evidence.iter().all(|one| counts(&one)) {
        return evidence.clone();
    }
    evidence.iter().filter(counts).cloned().collect()
}

/// A level is what the evidence says, and nothing else. A first factor is the password, or a proof that cannot be
/// phished; two are the first and something of another kind, or one that made sure of its owner by itself. One key is
/// never both.
///
/// What a trusted browser remembers stands beside the password and beside nothing else: a key and a browser are two things
/// in one hand.
pub fn level(evidence: &[Evidence]) -> Level {
    let password = evidence.iter().any(|evidence| evidence.factor.is_none());
    let counts = |evidence: &&Evidence| password || !evidence.is_remembered();
    let mut kinds = evidence.iter().filter(counts).map(Evidence::kind);
    let first = kinds.next();
    let several = kinds.any(|kind| Some(kind) != first);
    let strong = evidence.iter().any(|evidence| evidence.strength == Strength::PhishingResistant);
    let by_owner = evidence.iter().any(|evidence| evidence.by_owner);
    match (password || strong, several || by_owner) {
        (true, true) => Level::Verified,
        (true, false) => Level::Known,
        (false, _) => Level::Stranger,
    }
}

/// When the newest first factor was proved: the password, else whatever was proved last.
fn first_factor(evidence: &[Evidence]) -> Option<Time> {
    let password = evidence.iter().filter(|evidence| evidence.factor.is_none()).map(|evidence| evidence.at).max();
    password.or_else(|| evidence.iter().map(|evidence| evidence.at).max())
}

/// One proof per factor, the newest, in the order in which they were first made: a session does not grow with use.
/// That its owner was there once stays proved, as a password does. What was remembered stands in for a second factor only
/// until one is proved.
fn newest_of_each(mut evidence: Vec<Evidence>) -> Vec<Evidence> {
    if evidence.iter().any(|one| one.factor.is_some() && !one.is_remembered()) {
        evidence.retain(|one| !one.is_remembered());
    }
    let mut newest: Vec<Evidence> = Vec::new();
    for one in evidence {
        match newest.iter_mut().find(|other| other.factor == one.factor) {
            Some(other) if other.at <= one.at => *other = Evidence { by_owner: one.by_owner || other.by_owner, ..one },
            Some(_) => {}
            None => newest.push(one),
        }
    }
    newest
}

/// What a browser calls itself, for display: a stranger's text, so it has an end.
fn cut(agent: &str) -> String {
    agent.chars().take(256).collect()
}
