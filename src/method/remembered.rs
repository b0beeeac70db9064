//! The method behind no page: a browser that its owner chose to trust answers for the second factor that was proved in
//! it, by the value of its cookie. Each use changes the value. One that was used already says that there are two holders,
//! of which one is a thief, and nobody knows which: then the trust ends for both, and the owner is told. It must never
//! give more than it was given: the kind, the factor and the time of the proof stay what they were, and its strength is
//! [`Strength::Remembered`], which no rule takes that asks for more than `two_factor`.

use std::time::Duration;

use vestibule_templates::mail;

use super::{CheckError, Checks, Proof};
use crate::account::{Browser, Factor, Trust, Used, User};
use crate::audit::{Event, Kind, Origin};
use crate::clock::TOLERANCE;
use crate::secret::{BrowserKind, LoginKind, Token};
use crate::store::{Change, Expect, Row, VaultError};
use crate::telemetry::metrics;
use crate::types::{Handle, MethodId, Strength};

/// RFC 8176 has no word for it.
const AMR: &str = "remembered";
/// How long after it was changed a value is still taken, with the same login cookie. Two tabs that sign in at once send
/// the same value twice, and so does whoever never got the answer that brought the next one; both send the login cookie
/// again, which that answer takes away. A thief would need that cookie too, of this very minute, and the password; he
/// would gain the next value of the same series, which one of the two uses first, and the other is noticed.
const RACE: Duration = Duration::from_secs(60);
/// How often it is tried again when a value changed at the same moment.
const RETRIES: usize = 3;

/// What a browser's value is worth.
#[derive(Debug)]
pub enum Recalled {
    /// It stands in for nothing: the second factor is asked for.
    Nothing,
    Proved(Box<Remembered>),
    /// A value that was used came back. What was opened by the trust must end, and the trust with it
    /// ([`Checks::end_copied`]).
    Copied(Used),
}

/// A trusted browser that answered.
#[derive(Debug)]
pub struct Remembered {
    pub proof: Proof,
    /// The next value of its cookie.
    pub token: Token<BrowserKind>,
    /// What makes it so: part of the commit that opens the session. A conflict means that the same value is being used
    /// twice at this moment; ask again.
    pub changes: Vec<Change>,
}

impl Checks {
    /// What the browser that holds this value can answer for, for a user whose password was just given from the form
    /// bound to `login`. `most`: how long a browser may be trusted at all, as configured now; zero: never.
    pub async fn recall(
        &self,
        user: &User,
        token: &Token<BrowserKind>,
        login: &Token<LoginKind>,
        most: Duration,
        origin: &Origin,
    ) -> Result<Recalled, CheckError> {
        let vault = self.vault();
        if let Some(row) = self.accounts.browser(user, token).await? {
            let Some(trust) = self.standing(user, &row.value, most).await? else { return Ok(Recalled::Nothing) };
            let seen = Browser {
                last_seen: vault.now(),
                address: origin.address.map(|address| address.to_string()).unwrap_or_default(),
                agent: origin.agent.clone().unwrap_or_default(),
                ..row.value.clone()
            };
            let changes = self.accounts.change_value(user, &row, token, login, &seen, trust.until)?;
            return Ok(self.proved(user, trust, token, changes));
        }
        let Some(used) = self.accounts.used_value(user, token).await? else { return Ok(Recalled::Nothing) };
        if used.login == login.hash().hex() && vault.now().since(used.at) <= RACE {
            // It is the same browser. Where it went on from the next value already, it knows a newer one than we do.
            let next = self.accounts.next_value(user, token);
            let Some(row) = self.accounts.browser(user, &next).await? else { return Ok(Recalled::Nothing) };
            let Some(trust) = self.standing(user, &row.value, most).await? else { return Ok(Recalled::Nothing) };
            let unchanged = vault.only_if(row.key.clone(), Expect::Version(row.version));
            return Ok(self.proved(user, trust, token, vec![unchanged]));
        }
        let stands = self.of_handle(user, &used.handle).await?.is_some();
        Ok(if stands { Recalled::Copied(used) } else { Recalled::Nothing })
    }

    /// What a browser stands in for from now on, whose owner ticked the box while proving this. `None`: it was the
    /// password, a browser that remembered, or a way back in.
    pub fn trust(&self, proof: &Proof, most: Duration) -> Option<Trust> {
        let proved = proof.factor().filter(|_| proof.strength() > Strength::Remembered);
        let (method, factor) = proved.filter(|(method, _)| self.may_last(method))?.clone();
        Some(Trust { method, factor, proved: proof.at(), until: proof.at() + most })
    }

    /// Whether what this method proves may be remembered. A way back in may not: a code on paper is good once, and whoever
    /// lost a telephone signs in on what is at hand.
    pub fn may_last(&self, method: &MethodId) -> bool {
        self.registry.get(method).is_some_and(|method| !method.card().fallback)
    }

    /// What a browser stands in for, as long as that holds: not over, not stamped in the future, and of a factor that
    /// could be asked for instead, is still the one that was proved, and no way back in. Its end is the nearer of what the owner was told
    /// and what is configured now.
    pub async fn standing(&self, user: &User, browser: &Browser, most: Duration) -> Result<Option<Trust>, CheckError> {
        let now = self.vault().now();
        let lasts = |trust: &&Trust| now < trust.until && now < trust.proved + most && trust.proved <= now + TOLERANCE;
        let trust = browser.trust.as_ref().filter(lasts).filter(|trust| self.may_last(&trust.method));
        let Some(trust) = trust else { return Ok(None) };
        let usable = self.usable(user).await?;
        // What took the place of a factor, such as another mailbox, is not what was proved.
        let proved = |factor: &Factor| {
            factor.id == trust.factor && factor.method == trust.method && factor.created <= trust.proved
        };
        let until = trust.until.min(trust.proved + most);
        Ok(usable.iter().any(|row| proved(&row.value)).then(|| Trust { until, ..trust.clone() }))
    }

    fn proved(&self, user: &User, trust: Trust, token: &Token<BrowserKind>, changes: Vec<Change>) -> Recalled {
        let factor = Some((trust.method, trust.factor));
        let proof = Proof::mint(user, factor, Strength::Remembered, trust.proved, vec![AMR.to_owned()]);
        Recalled::Proved(Box::new(Remembered { proof, token: self.accounts.next_value(user, token), changes }))
    }

    /// Ends the trust that a copied value belongs to, where it has not ended already, and tells the owner. As long as that
    /// is not done, the value is found to be a copy whenever it comes.
    pub async fn end_copied(&self, user: &User, used: &Used, origin: &Origin) -> Result<(), CheckError> {
        for _ in 0..RETRIES {
            let Some(row) = self.of_handle(user, &used.handle).await? else { return Ok(()) };
            let event = Event::new(Kind::BrowserCopied, origin).user(user.id, &user.name).detail(used.handle.as_str());
            let changes = vec![self.vault().delete(row.key, Expect::Version(row.version)), self.audit.entry(event)?];
            match self.vault().commit(changes).await {
                Ok(_) => {
                    metrics().factor(AMR, "suspect");
                    self.tell(user, &mail::Change::BrowserCopied, origin);
                    return Ok(());
                }
                // Its value changed once more at this moment.
                Err(VaultError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(VaultError::Conflict(used.handle.to_string()).into())
    }

    async fn of_handle(&self, user: &User, handle: &Handle) -> Result<Option<Row<Browser>>, CheckError> {
        let rows = self.accounts.browsers(user).await?;
        Ok(rows.into_iter().find(|row| row.value.handle == *handle))
    }
}
