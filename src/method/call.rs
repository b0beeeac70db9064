//! Calls that were ordered, and what each of them says. A code must be readable to be spoken, so it lies here, sealed,
//! until it was said, typed in, replaced by a newer one, or is too old; and nowhere else. Who asks what to say proves
//! nothing by knowing the address: the gateway must vouch for the request, and the code is said once, after a key was
//! pressed.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};

use super::{Begun, Checks};
use crate::gateway::Callback;
use crate::secret::{CallKind, Secret, Token};
use crate::store::{Change, Expect, Record, Vault, VaultError};
use crate::ticket::{TicketKind, Tickets};
use crate::types::UserId;

/// Where a provider asks; the token follows.
const PAGE: &str = "/.vestibule/call/";

/// What a call says, as documents for a provider (TwiML).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speech {
    /// Asks for a key, and holds nothing secret: a mailbox may take the call.
    pub question: String,
    /// Says the code.
    pub answer: String,
}

impl fmt::Debug for Speech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Speech([redacted])")
    }
}

/// A request to the address of a call.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What stands in the address.
    pub token: &'a str,
    pub method: &'a Method,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// The call to one telephone of one user that counts: a newer one takes its place. Key `call/<user>/<factor>`, and
/// `call/<user>/new-<method>` in an enrolment.
#[derive(Serialize, Deserialize)]
struct Call {
    /// The hash of the token in its address: older addresses lead here in vain.
    token: String,
    /// Of the page that ordered it.
    origin: String,
    speech: Speech,
}

impl Record for Call {
    const NAME: &'static str = "call";
}

/// Where the call of an address lies.
#[derive(Serialize, Deserialize)]
pub struct Line(String);

impl Record for Line {
    const NAME: &'static str = "line";
}

impl TicketKind for CallKind {
    type Payload = Line;
}

/// The address of a new call, and the writes that put it in place of the one before.
pub(super) fn order(
    vault: &Vault,
    user: UserId,
    begun: &Begun,
    origin: &str,
    speech: Speech,
) -> Result<(Secret<String>, Vec<Change>), VaultError> {
    let key = place(user, begun);
    let life: Duration = vault.now().until(begun.expires);
    let (token, ticket) = Tickets::new(vault.clone()).issue::<CallKind>(&Line(key.clone()), life)?;
    let call = Call { token: token.hash().hex(), origin: origin.to_owned(), speech };
    let put = vault.put(key, Expect::Any, &call, Some(begun.expires))?;
    Ok((address(origin, &token), vec![ticket, put]))
}

/// The write that ends the call of a step that is over.
pub(super) fn end(vault: &Vault, user: UserId, begun: &Begun) -> Option<Change> {
    begun.called.then(|| vault.delete(place(user, begun), Expect::Any))
}

impl Checks {
    /// What to say to whoever asks; `None` to everybody but the provider that was told to call, and to that one once the
    /// code was said or is dead. All who are refused look the same.
    pub async fn say(&self, asked: &Asked<'_>) -> Result<Option<String>, VaultError> {
        let Some(token) = Token::<CallKind>::parse(asked.token) else { return Ok(None) };
        let (vault, tickets) = (self.vault(), Tickets::new(self.vault().clone()));
        let Some(line) = tickets.peek(&token).await? else { return Ok(None) };
        let call = vault.get::<Call>(&line.value.0).await?.filter(|call| call.value.token == token.hash().hex());
        let Some(call) = call else { return Ok(None) };

        let url = address(&call.value.origin, &token);
        let callback = Callback { method: asked.method, url, headers: asked.headers, body: asked.body };
        if !self.gateways.voice.as_ref().is_some_and(|gateway| gateway.vouches(&callback)) {
            tracing::warn!(
                origin = call.value.origin,
                "somebody asked what a call says, and the signature is not the provider's for an address of this origin"
            );
            return Ok(None);
        }
        if !callback.key_pressed() {
            return Ok(Some(call.value.speech.question));
        }
        // Durable before it is said: of two that ask at once, one hears the code.
        match vault.commit(vec![vault.delete(call.key, Expect::Version(call.version)), tickets.take(&line)]).await {
            Ok(_) => Ok(Some(call.value.speech.answer)),
            Err(VaultError::Conflict(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn place(user: UserId, begun: &Begun) -> String {
    match &begun.factor {
        Some(factor) => format!("call/{user}/{factor}"),
        None => format!("call/{user}/new-{}", begun.method),
    }
}

fn address(origin: &str, token: &Token<CallKind>) -> Secret<String> {
    Secret::new(format!("{origin}{PAGE}{}", token.encode()))
}
