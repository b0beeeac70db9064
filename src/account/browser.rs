//! Browsers in which somebody signed in with both steps. *Known*: strangers' failures do not count against it.
//! *Trusted*: known, and until a time it stands in for the second factor that was proved there. The value in its cookie is
//! another one after each use. A value that was used is remembered for as long as the trust lasts, so that a copy is
//! noticed when it comes back. What stands in for what, and for how long, is judged in `method/remembered.rs`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AccountError, Accounts, User};
use crate::clock::{TOLERANCE, Time};
use crate::secret::{BrowserKind, DerivedRandom, Key, LoginKind, Token};
use crate::store::{Change, Expect, MAX_WRITES, Record, Row, VaultError, Version};
use crate::types::{FactorId, Handle, MethodId, UserId};

/// A browser that does not come back for so long is no longer known: as long as browsers keep a cookie.
pub const BROWSER_LIFE: Duration = Duration::from_secs(400 * 86_400);
/// What a browser calls itself is a stranger's text: characters that are kept of it.
const MAX_AGENT: usize = 256;
/// At most so many of one user; one more ends the one that was away the longest.
pub const BROWSERS_PER_USER: usize = 40;

/// A browser in which a full login of this user happened. Key `browser/<user>/<hash of its token>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser {
    /// Stays the same while the value of its cookie changes.
    pub handle: Handle,
    /// Of the user when the browser was made known; another generation ends it.
    pub generation: u64,
    pub since: Time,
    pub last_seen: Time,
    /// Where and what, for display.
    pub address: String,
    pub agent: String,
    /// `None`: it is known, and no more.
    #[serde(default)]
    pub trust: Option<Trust>,
}

impl Record for Browser {
    const NAME: &'static str = "browser";
}

/// What a trusted browser stands in for: a second factor, as it was proved in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    pub method: MethodId,
    pub factor: FactorId,
    /// When it was proved. Using the browser never moves it.
    pub proved: Time,
    pub until: Time,
}

/// A value that was used, and changed for the next one. Key `browser-used/<user>/<hash of token>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Of the browser.
    pub handle: Handle,
    pub generation: u64,
    pub at: Time,
    /// The hash of the login cookie it was used with.
    pub login: String,
}

impl Record for Used {
    const NAME: &'static str = "used value of a browser";
}

impl Accounts {
    /// Of the tokens that one browser holds, of whoever signed in there, the one of this user, if a full login of theirs
    /// happened in it.
    pub async fn known_browser<'a>(
        &self,
        user: &User,
        tokens: &'a [Token<BrowserKind>],
    ) -> Result<Option<(&'a Token<BrowserKind>, Row<Browser>)>, AccountError> {
        for token in tokens {
            if let Some(row) = self.browser(user, token).await? {
                return Ok(Some((token, row)));
            }
        }
        Ok(None)
    }

    /// Those of them that never were this user's. One that was must not stay in the cookie: used and changed, it would
    /// come back as a copy of what its browser has long been given another value for.
    pub async fn values_of_others(
        &self,
        user: &User,
        tokens: &[Token<BrowserKind>],
    ) -> Result<Vec<Token<BrowserKind>>, AccountError> {
        let mut others = Vec::new();
        for token in tokens {
            let known = self.vault.get::<Browser>(&browser_key(user.id, token)).await?.is_some();
            if !known && self.vault.get::<Used>(&used_key(user.id, token)).await?.is_none() {
                others.push(token.clone());
            }
        }
        Ok(others)
    }

    /// What is known of the browser that holds this token.
    pub async fn browser(&self, user: &User, token: &Token<BrowserKind>) -> Result<Option<Row<Browser>>, AccountError> {
        let row = self.vault.get::<Browser>(&browser_key(user.id, token)).await?;
        Ok(row.filter(|row| self.is_known(user, &row.value)))
    }

    /// The write that makes a browser known, or seen again, where `before` is what was read of it. It conflicts where that
    /// was forgotten or has another value meanwhile: written all the same, its trust would be back.
    pub fn know_browser(
        &self,
        user: &User,
        token: &Token<BrowserKind>,
        browser: &Browser,
        before: Option<Version>,
    ) -> Result<Change, AccountError> {
        Ok(self.write(browser_key(user.id, token), before.map_or(Expect::Absent, Expect::Version), browser)?)
    }

    /// The value that comes after this one: always the same, so that whoever did not get the answer that brought it can
    /// be given it again.
    pub fn next_value(&self, user: &User, token: &Token<BrowserKind>) -> Token<BrowserKind> {
        let seed = self.next_values.mac(&[user.id.0.as_bytes(), token.hash().bytes()]);
        Token::generate(&DerivedRandom::new(Key::new(seed)))
    }

    /// The writes that change the value of a trusted browser's cookie for the next one. Of two at once, one wins.
    /// `seen`: the browser as it is from now on; `until`: how long a copy of the old value is to be noticed.
    pub fn change_value(
        &self,
        user: &User,
        row: &Row<Browser>,
        token: &Token<BrowserKind>,
        login: &Token<LoginKind>,
        seen: &Browser,
        until: Time,
    ) -> Result<Vec<Change>, AccountError> {
        let now = self.vault.now();
        let used =
            Used { handle: seen.handle.clone(), generation: user.generation, at: now, login: login.hash().hex() };
        let next = browser_key(user.id, &self.next_value(user, token));
        Ok(vec![
            self.vault.delete(row.key.clone(), Expect::Version(row.version)),
            self.write(next, Expect::Absent, seen)?,
            self.vault.put(used_key(user.id, token), Expect::Absent, &used, Some(until))?,
        ])
    }

    /// Whether this is a value that was changed for another one.
    pub async fn used_value(&self, user: &User, token: &Token<BrowserKind>) -> Result<Option<Used>, AccountError> {
        let row = self.vault.get::<Used>(&used_key(user.id, token)).await?;
        let used = row.map(|row| row.value).filter(|used| used.generation == user.generation);
        Ok(used.filter(|used| used.at <= self.vault.now() + TOLERANCE))
    }

    /// Known browsers, the one seen last first.
    pub async fn browsers(&self, user: &User) -> Result<Vec<Row<Browser>>, AccountError> {
        let mut rows = self.vault.all::<Browser>(&browser_prefix(user.id)).await?;
        rows.retain(|row| self.is_known(user, &row.value));
        rows.sort_by_key(|row| std::cmp::Reverse(row.value.last_seen));
        Ok(rows)
    }

    /// Forgets the browsers that `which` picks; how many. `more` goes with the first commit. One whose value changes at
    /// this moment is read again: it would be told to be forgotten, and live on under its next value.
    pub async fn forget_browsers(
        &self,
        user: &User,
        which: impl Fn(&Browser) -> bool + Send,
        mut more: Vec<Change>,
    ) -> Result<usize, AccountError> {
        let mut forgotten = 0;
        loop {
            let mut rows = self.vault.all::<Browser>(&browser_prefix(user.id)).await?;
            rows.retain(|row| which(&row.value));
            rows.truncate(MAX_WRITES - more.len());
            if rows.is_empty() {
                return Ok(forgotten);
            }
            let gone = rows.iter().map(|row| self.vault.delete(row.key.clone(), Expect::Version(row.version)));
            match self.vault.commit(gone.chain(more.iter().cloned()).collect()).await {
                Ok(_) => {
                    forgotten += rows.len();
                    more.clear();
                }
                Err(VaultError::Conflict(key)) if is_browser_key(&key) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Removes all that is remembered of a removed user's browsers.
    pub(super) async fn remove_browsers(&self, id: UserId) -> Result<(), VaultError> {
        let known = self.vault.all::<Browser>(&browser_prefix(id)).await?.into_iter().map(|row| row.key);
        let used = self.vault.all::<Used>(&used_prefix(id)).await?.into_iter().map(|row| row.key);
        let keys: Vec<String> = known.chain(used).collect();
        for keys in keys.chunks(MAX_WRITES) {
            let gone = keys.iter().map(|key| self.vault.delete(key.clone(), Expect::Any)).collect();
            self.vault.commit(gone).await?;
        }
        Ok(())
    }

    fn write(&self, key: String, expect: Expect, browser: &Browser) -> Result<Change, VaultError> {
        let agent = browser.agent.chars().take(MAX_AGENT).collect();
        let browser = Browser { agent, ..browser.clone() };
        self.vault.put(key, expect, &browser, Some(self.vault.now() + BROWSER_LIFE))
    }

    fn is_known(&self, user: &User, browser: &Browser) -> bool {
        // A stamp in the future means that the clock went back: what was known then is not known now.
        let latest = self.vault.now() + TOLERANCE;
        browser.generation == user.generation && browser.since <= latest && browser.last_seen <= latest
    }
}

/// Whether this is the key of a browser: what a conflict names.
pub fn is_browser_key(key: &str) -> bool {
    key.starts_with("browser/")
}

fn browser_prefix(user: UserId) -> String {
    format!("browser/{user}/")
}

fn browser_key(user: UserId, token: &Token<BrowserKind>) -> String {
    format!("browser/{user}/{}", token.hash().hex())
}

fn used_prefix(user: UserId) -> String {
    format!("browser-used/{user}/")
}

fn used_key(user: UserId, token: &Token<BrowserKind>) -> String {
    format!("browser-used/{user}/{}", token.hash().hex())
}
