//! Sessions on sites whose pages are at a portal. Each hangs on the portal's login: it carries what was proved there when
//! its ticket was taken, never more, is told apart by the site's origin, and is dead the moment the login is. A ticket is
//! taken before anything about it is judged, so that one that leaked is good for nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::memory::{Hash, Held, hash_of, key_of};
use super::{
    ATTEMPTS, Live, Opened, Place, Pointer, Session, SessionError, Sessions, cut, is_session_key, pointer_key,
};
use super::{level, may_hold, standing};
use crate::account::User;
use crate::secret::{SessionKind, SiteKind, Token};
use crate::store::{Change, Expect, Record, VaultError};
use crate::ticket::TicketKind;
use crate::types::{Handle, Level, UserId};

/// A redirect and a request take a second.
pub const TICKET_LIFE: Duration = Duration::from_secs(60);

/// Where a session counts, and nowhere else: a cookie that an application of one site gets hold of opens no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// Where our pages are: at the portal, or on a site that has its own.
    OwnPages,
    /// On a site with a portal, by its origin.
    Site(String),
}

impl At {
    pub(super) fn counts(&self, session: &Session) -> bool {
        match self {
            At::OwnPages => session.site.is_none(),
            At::Site(origin) => session.site.as_ref() == Some(origin),
        }
    }
}

/// Behind a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteTicket {
    /// The hash of the nonce that the browser got on the site, in hexadecimal.
    pub nonce: String,
    pub origin: String,
    /// The key of the portal's session: of this one, not of one that takes its place.
    session: String,
}

impl Record for SiteTicket {
    const NAME: &'static str = "ticket for a site";
}

impl TicketKind for SiteKind {
    type Payload = SiteTicket;
}

impl Session {
    /// What this session belongs to: stepping up changes the session, and this stays.
    pub fn login(&self) -> &Handle {
        self.login.as_ref().unwrap_or(&self.handle)
    }
}

impl Sessions {
    /// The session a login has now, while it is alive; for `None` whatever hangs on it is dead, too.
    pub(super) async fn of_login(
        &self,
        user: UserId,
        login: &Handle,
    ) -> Result<Option<std::sync::Arc<Held>>, VaultError> {
        let mut seen = None;
        // Once more where it stepped up between the two looks.
        for _ in 0..2 {
            let Some(hash) = self.hash_of_login(user, login).await? else { return Ok(None) };
            if seen == Some(hash) {
                return Ok(None);
            }
            let held = self.held(&hash).await?;
            if let Some(held) = held.filter(|held| held.session.user == user && held.session.site.is_none()) {
                return Ok(held.is_alive(self.limits.idle, self.vault.now()).then_some(held));
            }
            seen = Some(hash);
        }
        Ok(None)
    }

    /// Whether a login goes on, as far as its session says.
    pub async fn goes_on(&self, user: UserId, login: &Handle) -> Result<bool, SessionError> {
        Ok(self.of_login(user, login).await?.is_some())
    }

    async fn hash_of_login(&self, user: UserId, login: &Handle) -> Result<Option<Hash>, VaultError> {
        if let Some(hash) = self.memory.login(login) {
            return Ok(Some(hash));
        }
        let epoch = self.memory.login_epoch(login);
        let row = self.vault.get::<Pointer>(&pointer_key(user, login)).await?;
        let hash = row.filter(|row| !row.value.on_site).and_then(|row| hash_of(&row.value.session));
        if let Some(hash) = hash {
            self.memory.keep_login(login, hash, epoch);
        }
        Ok(hash)
    }

    /// A ticket for one site, for the browser that got the nonce with this hash there; it is good only while the session behind
    /// `portal` is.
    pub async fn give_ticket(
        &self,
        portal: &Token<SessionKind>,
        nonce: &str,
        origin: &str,
    ) -> Result<Token<SiteKind>, SessionError> {
        let session = key_of(portal.hash().bytes());
        let behind = SiteTicket { nonce: nonce.to_owned(), origin: origin.to_owned(), session };
        let (token, issued) = self.tickets.issue::<SiteKind>(&behind, TICKET_LIFE)?;
        self.vault.commit(vec![issued, self.present(portal)]).await?;
        Ok(token)
    }

    /// Takes a ticket, whoever brings it: of many at once one gets it, and afterwards nobody.
    pub async fn take_ticket(&self, token: &Token<SiteKind>) -> Result<Option<SiteTicket>, SessionError> {
        let Some(row) = self.tickets.peek(token).await? else { return Ok(None) };
        match self.vault.commit(vec![self.tickets.take(&row)]).await {
            Ok(_) => Ok(Some(row.value)),
            Err(VaultError::Conflict(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Who a ticket speaks for: the portal's session as it is right now, if it still is.
    pub async fn source(&self, ticket: &SiteTicket) -> Result<Option<Live>, SessionError> {
        let Some(hash) = hash_of(&ticket.session) else { return Ok(None) };
        let Some(held) = self.held(&hash).await? else { return Ok(None) };
        let now = self.vault.now();
        if held.session.site.is_some() || !held.is_alive(self.limits.idle, now) {
            return Ok(None);
        }
        let session = held.session.clone();
        let Some(user) = self.accounts.by_id(session.user).await? else { return Ok(None) };
        let evidence = standing(&session.evidence, &user, now);
        let level = level(&evidence);
        let ends = session.ends.min(now + self.limits.idle);
        let stands = may_hold(&user, session.generation) && level > Level::Stranger;
        Ok(stands.then_some(Live { session, user, evidence, level, ends }))
    }

    /// Opens a session on a site, with what the ticket's source proves right now, in the place of the one that this
    /// browser had there. One commit, which expects source and user as they were. [`VaultError::Conflict`] where the source
    /// has ended meanwhile. The trail has the login's beginning and its end; what hangs on it has neither.
    pub async fn open_at_site(
        &self,
        ticket: &SiteTicket,
        source: &Live,
        place: &Place,
        replaces: Option<&Session>,
    ) -> Result<Opened, SessionError> {
        let mut attempt = 1;
        loop {
            let (opened, mut changes) = self.opening_at_site(&ticket.origin, source, place)?;
            changes.push(self.vault.only_if(ticket.session.clone(), Expect::Present));
            changes.push(self.accounts.unchanged(&source.user).await?);
            if let Some(old) = replaces.filter(|old| old.site.is_some()) {
                changes.extend(self.site_session_ends(old.user, &old.handle).await?);
            }
            changes.extend(self.making_room_on_sites(&source.user, replaces.map(|old| &old.handle)).await?);
            match self.vault.commit(changes).await {
                Ok(_) => return Ok(opened),
                Err(VaultError::Conflict(key))
                    if key != ticket.session
                        && (is_session_key(&key) || key.starts_with("user/"))
                        && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn opening_at_site(&self, origin: &str, source: &Live, place: &Place) -> Result<(Opened, Vec<Change>), VaultError> {
        let now = self.vault.now();
        let token = Token::generate(&**self.vault.random());
        let hash = *token.hash().bytes();
        let session = Session {
            handle: self.handle(&hash),
            user: source.user.id,
            generation: source.session.generation,
            evidence: source.evidence.clone(),
            created: now,
            last_seen: now,
            ends: source.session.ends,
            address: place.address,
            agent: cut(&place.agent),
            login: Some(source.session.login().clone()),
            site: Some(origin.to_owned()),
        };
        let pointer = Pointer::to(&session, &hash);
        let key = pointer_key(session.user, &session.handle);
        let changes = vec![
            self.vault.put(key_of(&hash), Expect::Absent, &session, Some(session.ends))?,
            self.vault.put(key, Expect::Absent, &pointer, Some(session.ends))?,
        ];
        Ok((Opened { token, session }, changes))
    }

    /// The writes that end one session on a site, if it is still there.
    async fn site_session_ends(&self, user: UserId, handle: &Handle) -> Result<Vec<Change>, VaultError> {
        let row = self.vault.get::<Pointer>(&pointer_key(user, handle)).await?;
        Ok(row.filter(|row| row.value.on_site).map(|row| self.pointed_ends(row)).unwrap_or_default())
    }

    /// The writes that end the oldest sessions on sites of a user who has too many for one more: that site asks the portal
    /// again, and nobody notices.
    async fn making_room_on_sites(&self, user: &User, but: Option<&Handle>) -> Result<Vec<Change>, VaultError> {
        let mut rows = self.pointers(user.id).await?;
        rows.retain(|row| row.value.on_site && Some(&row.value.handle) != but);
        let excess = super::excess(&mut rows, SITES_PER_USER);
        Ok(excess.into_iter().flat_map(|row| self.pointed_ends(row)).collect())
    }

    /// A login is over: ends what hangs on it, so that its streams are cut. Nobody is let in by it any more already.
    pub(super) async fn end_on_sites(&self, user: UserId, login: &Handle) -> Result<(), VaultError> {
        for row in self.pointers(user).await? {
            if !row.value.on_site || row.value.login() != login {
                continue;
            }
            self.tell(&row.value.handle);
            match self.vault.commit(self.pointed_ends(row)).await {
                Ok(_) | Err(VaultError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// At most so many sessions on sites of one user, over all logins.
const SITES_PER_USER: usize = 200;
