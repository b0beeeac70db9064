//! What happened, append only: who, which factor, from where, in which request, by which operator. A login that cannot
//! be recorded is refused, so an event is a write of the same commit as what it tells of wherever there is one. No
//! secret is ever part of an event.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use data_encoding::HEXLOWER;
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::secret::random_bytes;
use crate::store::{Change, Expect, MAX_WRITES, Record, Row, Vault, VaultError};
use crate::types::{FactorId, MethodId, RequestId, UserId, UserName, neighbourhood};

/// A stranger's text is cut to so many bytes.
const MAX_TEXT: usize = 200;
/// Like events within this time are one row.
const JOINED: Duration = Duration::from_secs(60);
/// So many rows are remembered that like events may still join.
const OPEN_ROWS: usize = 10_000;
/// A joined row knows the latest so many requests beside its first: whoever reads the number on a page may look for it.
const REQUESTS: usize = 30;
/// What a row costs beside its text: key, nonce, tag, version, the engine's own.
const ROW_COST: u64 = 200;
const PAGE: usize = 1000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    PasswordRight,
    PasswordWrong,
    PasswordWaiting,
    PasswordChanged,
    PasswordLinkSent,
    /// One was asked for, and a budget was spent.
    PasswordLinkWaiting,
    PasswordLinkUsed,
    FactorRight,
    FactorWrong,
    FactorWaiting,
    /// A counter or challenge that should never be seen again was.
    FactorSuspect,
    Verified,
    Enrolled,
    Renamed,
    FactorRemoved,
    RecoveryUsed,
    RecoveryRenewed,
    Reset,
    Invited,
    InvitationUsed,
    SetUp,
    BrowserKnown,
    BrowserTrusted,
    BrowserEnded,
    /// The cookie of a trusted browser is in two hands.
    BrowserCopied,
    SessionStarted,
    SessionEnded,
    SessionsEnded,
    LaneClosed,
    Unlocked,
    UserAdded,
    UserChanged,
    UserDisabled,
    UserEnabled,
    UserRemoved,
    MessageSent,
    MessageFailed,
    KeyRotated,
    ConfigurationLoaded,
    ConfigurationRefused,
    UpstreamDrained,
    UpstreamResumed,
    Refused,
}

impl Kind {
    /// Whether a stranger can make such events at will. They are joined, so that nobody can flood the record.
    fn is_provoked(self) -> bool {
        matches!(
            self,
            Kind::PasswordWrong
                | Kind::PasswordWaiting
                | Kind::PasswordLinkWaiting
                | Kind::FactorWrong
                | Kind::FactorWaiting
                | Kind::LaneClosed
                | Kind::Refused
        )
    }
}

/// Where a deed came from. Texts are a stranger's: escaped and cut when stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub request: Option<RequestId>,
    pub address: Option<IpAddr>,
    pub agent: Option<String>,
    /// The operator's uid at the admin socket, or the login name of who ran the command.
    pub operator: Option<String>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub time: Time,
    pub kind: Kind,
    #[serde(flatten)]
    pub origin: Origin,
    pub user: Option<UserId>,
    pub name: Option<UserName>,
    pub method: Option<MethodId>,
    pub factor: Option<FactorId>,
    /// Short, for people: why, or which site.
    pub detail: Option<String>,
    /// How many like it this row stands for (wrong answers are joined per user, source and minute).
    pub count: u32,
    /// The requests that were joined to the first, the latest of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<RequestId>,
}

impl Record for Event {
    const NAME: &'static str = "audit event";
}

impl Event {
    pub fn new(kind: Kind, origin: &Origin) -> Self {
        Self {
            time: Time(0),
            kind,
            origin: origin.clone(),
            user: None,
            name: None,
            method: None,
            factor: None,
            detail: None,
            count: 1,
            joined: Vec::new(),
        }
    }

    pub fn user(mut self, id: UserId, name: &UserName) -> Self {
        self.user = Some(id);
        self.name = Some(name.clone());
        self
    }

    pub fn factor(mut self, method: &MethodId, factor: Option<&FactorId>) -> Self {
        self.method = Some(method.clone());
        self.factor = factor.cloned();
        self
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// With another like it.
    fn join(mut self, other: &Event) -> Self {
        self.count = self.count.saturating_add(other.count);
        self.joined.extend(other.origin.request.clone());
        let excess = self.joined.len().saturating_sub(REQUESTS);
        self.joined.drain(..excess);
        self
    }

    /// Whether this is the row of a request.
    fn is_of(&self, request: &RequestId) -> bool {
        self.origin.request.iter().chain(&self.joined).any(|known| known == request)
    }
}

/// What to read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Filter {
    pub user: Option<UserName>,
    pub since: Option<Time>,
    pub request: Option<RequestId>,
    /// Rows after this key: for following.
    pub after: Option<String>,
    pub limit: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct Audit {
    vault: Vault,
    keep: Duration,
    max_bytes: u64,
    /// Keys of rows that like events may join, by what makes them alike.
    open: Arc<Cache<Alike, String>>,
    /// How many rows this process has made: rows of one moment keep their order.
    turn: Arc<AtomicU64>,
    /// What all rows are thought to take; [`u64::MAX`] until they have been counted once.
    bytes: Arc<AtomicU64>,
}

/// What provoked events have in common that become one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Alike {
    kind: Kind,
    user: Option<UserId>,
    network: Option<IpAddr>,
    minute: i64,
}

impl Audit {
    /// Rows are kept for `keep`, and all of them within about `max_bytes`: the oldest go first.
    pub fn new(vault: Vault, keep: Duration, max_bytes: u64) -> Self {
        let open = Arc::new(Cache::new(OPEN_ROWS));
        Self { vault, keep, max_bytes, open, bytes: Arc::new(AtomicU64::new(u64::MAX)), turn: Arc::default() }
    }

    /// The write of one event, stamped with the time; for the commit of what it tells of.
    pub fn entry(&self, event: Event) -> Result<Change, VaultError> {
        Ok(self.row(event)?.1)
    }

    /// Writes one event by itself. Kinds that can be provoked at will (`PasswordWrong`, `FactorWrong`, `…Waiting`,
    /// `LaneClosed`, `Refused`) are joined per user, source and minute.
    pub async fn record(&self, event: Event) -> Result<(), VaultError> {
        if !event.kind.is_provoked() {
            return self.vault.commit(vec![self.entry(event)?]).await.map(|_| ());
        }
        let alike = Alike {
            kind: event.kind,
            user: event.user,
            network: event.origin.address.map(neighbourhood),
            minute: self.vault.now().secs().div_euclid(JOINED.as_secs().cast_signed()),
        };
        while let Some(key) = self.open.get(&alike) {
            // The row may have been pruned meanwhile: then a new one begins.
            let Some(row) = self.vault.get::<Event>(&key).await? else { break };
            let change = self.vault.put(key, Expect::Version(row.version), &row.value.join(&event), row.expires)?;
            match self.vault.commit(vec![change]).await {
                Err(VaultError::Conflict(_)) => {}
                done => return done.map(|_| ()),
            }
        }
        let (key, change) = self.row(event)?;
        self.vault.commit(vec![change]).await?;
        self.open.insert(alike, key);
        Ok(())
    }

    /// Rows in the order of time, each with its key (for `after`). With `limit`, the first so many.
    pub async fn read(&self, filter: &Filter) -> Result<Vec<(String, Event)>, VaultError> {
        let limit = filter.limit.unwrap_or(usize::MAX);
        let mut after = filter.since.map(earliest_key).max(filter.after.clone());
        let mut found = Vec::new();
        loop {
            let page = self.vault.scan::<Event>("audit/", after.as_deref(), PAGE).await?;
            let last = page.len() < PAGE;
            after = page.last().map(|row| row.key.clone()).or(after);
            found.extend(page.into_iter().filter(|row| filter.wants(&row.value)).map(|row| (row.key, row.value)));
            if last || found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }

    /// Removes what is older than the retention or beyond the size limit; called now and then, off the request path.
    /// Returns how many rows went.
    pub async fn prune(&self) -> Result<usize, VaultError> {
        // All rows are read only after a start and when they seem too many: the estimate never falls by itself.
        if self.bytes.load(Ordering::SeqCst) > self.max_bytes {
            self.count().await?;
        }
        // A tenth below the limit, so that this is not done again for every few rows.
        let bytes = self.bytes.load(Ordering::SeqCst);
        let mut excess = if bytes > self.max_bytes { bytes - self.max_bytes / 10 * 9 } else { 0 };
        let oldest = self.vault.now() - self.keep;
        let mut gone = 0;
        loop {
            let page = self.vault.scan::<Event>("audit/", None, MAX_WRITES).await?;
            let mut changes = Vec::new();
            for row in page {
                if excess == 0 && row.value.time >= oldest {
                    break;
                }
                let cost = cost(&row.value);
                excess = excess.saturating_sub(cost);
                self.forget_cost(cost);
                changes.push(self.vault.delete(row.key, Expect::Any));
            }
            if changes.is_empty() {
                return Ok(gone);
            }
            gone += changes.len();
            self.vault.commit(changes).await?;
        }
    }

    /// A row's key and its write. The random end of the key keeps two events of one millisecond apart.
    fn row(&self, event: Event) -> Result<(String, Change), VaultError> {
        let now = self.vault.now();
        let event = event.fit(now);
        // In the order in which they were told, and apart from those of another process in the same moment.
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let end = HEXLOWER.encode(&random_bytes::<4>(&**self.vault.random()));
        let key = format!("{}{turn:016x}{end}", earliest_key(now));
        let change = self.vault.put(key.clone(), Expect::Absent, &event, Some(now + self.keep))?;
        let cost = cost(&event);
        // An estimate: a commit that does not happen counts too, which errs towards counting again.
        let add = |bytes: u64| (bytes != u64::MAX).then(|| bytes.saturating_add(cost).min(u64::MAX - 1));
        let _ = self.bytes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
        Ok((key, change))
    }

    async fn count(&self) -> Result<(), VaultError> {
        let (mut bytes, mut after) = (0, None);
        loop {
            let page: Vec<Row<Event>> = self.vault.scan("audit/", after.as_deref(), PAGE).await?;
            bytes += page.iter().map(|row| cost(&row.value)).sum::<u64>();
            if page.len() < PAGE {
                self.bytes.store(bytes, Ordering::SeqCst);
                return Ok(());
            }
            after = page.last().map(|row| row.key.clone());
        }
    }

    fn forget_cost(&self, cost: u64) {
        let less = |bytes: u64| Some(bytes.saturating_sub(cost));
        let _ = self.bytes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
    }
}

impl Event {
    /// Stamped, and with a stranger's texts made harmless.
    fn fit(mut self, now: Time) -> Self {
        self.time = now;
        for text in [&mut self.origin.agent, &mut self.origin.operator, &mut self.detail].into_iter().flatten() {
            *text = harmless(text);
        }
        self
    }
}

impl Filter {
    fn wants(&self, event: &Event) -> bool {
        self.user.as_ref().is_none_or(|name| event.name.as_ref() == Some(name))
            && self.request.as_ref().is_none_or(|request| event.is_of(request))
            && self.since.is_none_or(|since| event.time >= since)
    }
}

/// The beginning of the keys of all rows of one moment. Sixteen digits hold every time, so keys sort as times do.
fn earliest_key(time: Time) -> String {
    format!("audit/{:016x}/", time.0.max(0))
}

/// About how many bytes a row takes in the store.
fn cost(event: &Event) -> u64 {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let texts = text(&event.origin.agent) + text(&event.origin.operator) + text(&event.detail);
    // Of a row that others join, as if all had.
    let requests = if event.kind.is_provoked() { REQUESTS * 20 } else { 0 };
    // Names and ids of a full row come to about as much again as its fixed cost.
    2 * ROW_COST + (texts + requests) as u64
}

/// One line of bounded length, in which what could steer a terminal or turn the direction of writing is spelled out.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MAX_TEXT));
    for c in text.chars() {
        let before = out.len();
        if c.is_control() || is_invisible(c) {
            // Writing to a string does not fail.
            let _ = write!(out, "{}", c.escape_unicode());
        } else {
            out.push(c);
        }
        if out.len() > MAX_TEXT {
            out.truncate(before);
            break;
        }
    }
    out
}

/// Characters that are not seen and change how others are: zero width, line ends, directions, tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
}
