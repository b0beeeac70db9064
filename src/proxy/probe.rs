//! How a request of `doctor` looked when it reached us: it asks for a token over the admin socket, sends the token through
//! all that stands in front of us, and asks over the socket what came of it. Nothing of it is ever told over the network:
//! to whoever else has the token, or makes one up, the request is one for the public keys and no more.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::facts::Arrived;
use crate::clock::Time;
use crate::gate::Facts;
use crate::secret::{ProbeKind, Random, Token, TokenHash};

/// Probes that are waited for at a time; one more takes the place of the oldest.
const MOST: usize = 16;
/// How long one is waited for.
const LIFE: Duration = Duration::from_secs(60);
/// The longest text of a header that is kept, in characters.
const TEXT: usize = 64;

/// What reached us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Who connected to us.
    pub peer: IpAddr,
    /// Whom we take for the client.
    pub client: IpAddr,
    /// The peer is in `trust.proxies`.
    pub trusted: bool,
    /// The client is in `trust.proxies`, too: what it says of itself is believed.
    pub client_trusted: bool,
    /// Whether there was an `X-Forwarded-For`.
    pub forwarded_for: bool,
    /// The only `X-Forwarded-Proto`, if any.
    pub forwarded_proto: Option<String>,
    /// The host that was asked for, as we read it.
    pub host: String,
    /// Where the site of that host is, as configured; `None`: there is none, or it has no `url`.
    pub site: Option<String>,
}

/// The probes that are waited for.
#[derive(Debug, Default)]
pub struct Probes(Mutex<Vec<Probe>>);

#[derive(Debug)]
struct Probe {
    token: TokenHash<ProbeKind>,
    until: Time,
    arrived: Arrival,
}

/// What came of a probe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// `None`: it did not arrive.
    pub seen: Option<Seen>,
    /// Who asked about a request meanwhile without being in `forward_auth.callers`; the last one.
    pub turned_away: Option<IpAddr>,
}

impl Probes {
    /// A token to be sent as the query `probe=…` with a request for the keys.
    pub fn begin(&self, random: &dyn Random, now: Time) -> String {
        let token = Token::generate(random);
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|probe| probe.until > now);
        if waiting.len() >= MOST {
            waiting.remove(0);
        }
        waiting.push(Probe { token: token.hash(), until: now + LIFE, arrived: Arrival::default() });
        token.encode()
    }

    /// What came of it, once.
    pub fn take(&self, token: &str) -> Arrival {
        let Some(token) = Token::parse(token).map(|token| token.hash()) else { return Arrival::default() };
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter().position(|probe| probe.token == token);
        at.map(|at| waiting.remove(at).arrived).unwrap_or_default()
    }

    /// Somebody asked about a request who may not. That server in front may well hide it: whoever waits is told.
    pub(super) fn turned_away(&self, peer: IpAddr) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.iter_mut().for_each(|probe| probe.arrived.turned_away = Some(peer));
    }

    /// Keeps what is to be seen, where this request brings a token that is waited for. The first to bring it counts.
    pub(super) fn saw(&self, facts: &Facts, now: Time, seen: impl FnOnce() -> Seen) {
        let token = facts.query.as_deref().and_then(|query| query.strip_prefix("probe="));
        let Some(token) = token.and_then(Token::parse) else { return };
        let token = token.hash();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let probe = waiting.iter_mut().find(|probe| probe.token == token && probe.until > now);
        if let Some(probe) = probe.filter(|probe| probe.arrived.seen.is_none()) {
            probe.arrived.seen = Some(seen());
        }
    }
}

impl Seen {
    pub(super) fn of(
        arrived: &Arrived,
        facts: &Facts,
        headers: &http::HeaderMap,
        client_trusted: bool,
        site: Option<String>,
    ) -> Self {
        let mut protos = headers.get_all("x-forwarded-proto").iter();
        let proto = protos.next().filter(|_| protos.next().is_none());
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).chars().take(TEXT).collect();
        Self {
            peer: arrived.peer.address,
            client: facts.client,
            trusted: facts.through_proxy,
            client_trusted,
            forwarded_for: headers.contains_key("x-forwarded-for"),
            forwarded_proto: proto.map(text),
            host: facts.host.clone(),
            site,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{Raw, Reading};
    use crate::secret::DerivedRandom;

    const NOW: Time = Time::from_secs(1_800_000_000);

    fn facts(target: &str) -> Facts {
        let raw = Raw::new("GET", target.as_bytes(), b"wiki.test", "10.0.0.1".parse().unwrap());
        Facts::read(&raw, Reading::Strict, &[]).unwrap()
    }

    fn seen() -> Seen {
        let peer = "10.0.0.1".parse().unwrap();
        let (host, site) = ("wiki.test".to_owned(), None);
        let (trusted, client_trusted, forwarded_for, forwarded_proto) = (false, false, false, None);
        Seen { peer, client: peer, trusted, client_trusted, forwarded_for, forwarded_proto, host, site }
    }

    #[test]
    fn a_token_is_told_what_its_request_looked_like_once() {
        let (probes, random) = (Probes::default(), DerivedRandom::seeded(1));
        let token = probes.begin(&random, NOW);
        let other = probes.begin(&random, NOW);
        probes.saw(&facts(&format!("/.vestibule/jwks.json?probe={token}")), NOW, seen);
        probes.saw(&facts(&format!("/.vestibule/jwks.json?probe={token}")), NOW, || unreachable!("the first counts"));
        assert_eq!(probes.take(&other).seen, None, "another request");
        assert_eq!(probes.take(&token).seen, Some(seen()));
        assert_eq!(probes.take(&token).seen, None, "once");
    }

    #[test]
    fn strangers_fill_nothing_and_the_table_is_small() {
        let (probes, random) = (Probes::default(), DerivedRandom::seeded(1));
        let made_up = Token::<ProbeKind>::generate(&random).encode();
        probes.saw(&facts(&format!("/.vestibule/jwks.json?probe={made_up}")), NOW, || unreachable!("nobody waits"));
        let late = probes.begin(&random, NOW);
        let after = NOW + LIFE;
        probes.saw(&facts(&format!("/.vestibule/jwks.json?probe={late}")), after, || unreachable!("too late"));
        for _ in 0..100 {
            probes.begin(&random, NOW);
        }
        assert_eq!(probes.0.lock().unwrap().len(), MOST);
    }
}
