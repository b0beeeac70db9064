//! What the gate itself makes of a request: asked over its admin socket, so that only who may administer it is told. A
//! token from there goes through everything in front and is known again when it arrives.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::ask::{Asker, Reply};
use super::{Ended, Finding, Which};
use crate::app::{self, Machine, Operation, Outcome, Plan};
use crate::config::Loaded;
use crate::gate::Sites;
use crate::gate::explain::{Explanation, Question, explain};
use crate::proxy::{Arrival, Seen};
use crate::types::Level;

/// An address that nobody has (RFC 5737).
const NOBODY: &str = "192.0.2.123";
/// What to do where the gate's own view is not to be had.
const HERE: &str = "run this on the gate's machine, as its user, with --config: then it also says whether the gate \
                    believes the server in front";

/// The gate that is configured on this machine; or why nobody knows of one.
pub type Configured = Result<Own, &'static str>;

/// A gate as it is configured.
pub struct Own {
    loaded: Loaded,
    /// `None`: it has no file that could say.
    sites: Option<Arc<Sites>>,
}

/// # Errors
/// What was named is not there, or refused: whoever watches a gate must not go on without half of what is watched.
pub fn configured(which: &Which<'_>) -> Result<Configured, Ended> {
    if !which.is_named() && which.found().is_none() {
        return Ok(Err("there is no configuration"));
    }
    let own = which.read().and_then(|loaded| {
        let plan = Plan::build(&loaded, &Machine::start())?;
        Ok(Own { loaded, sites: which.data.is_none().then_some(plan.sites) })
    });
    match own {
        Err(why) if which.is_named() => Err(why),
        own => Ok(own.map_err(|_| "the configuration is refused; `vestibule check` says why")),
    }
}

/// The gate that is configured here, which is the one that answers.
pub struct Here<'a> {
    own: &'a Own,
    /// Whom it takes us for.
    client: IpAddr,
}

/// `own`: the address this machine connects from. `keys`: what the address answered for `jwks.json`.
pub async fn examine<'a>(
    url: &Url,
    configured: &'a Configured,
    asker: &Asker,
    own: IpAddr,
    keys: &Reply,
    findings: &mut Vec<Finding>,
) -> Option<Here<'a>> {
    let unknown = |why: &str| Finding::warning("gate", format!("what the gate sees is not known here: {why}"), HERE);
    let found = async {
        let gate = configured.as_ref().map_err(|why| unknown(why))?;
        same(&gate.loaded, keys).await?;
        match probe(&gate.loaded, asker, None).await {
            Ok(Some(seen)) => Ok((gate, seen)),
            Ok(None) => {
                let remedy = "give the address of the gate that is configured here, or name its file with --config";
                let what = "the request arrived at another process than the one that runs here";
                Err(Finding::failure("gate", what, remedy))
            }
            Err(why) => Err(unknown(&why)),
        }
    };
    let (gate, plain) = match found.await {
        Ok(found) => found,
        Err(why) => {
            findings.push(why);
            return None;
        }
    };
    findings.extend(address(url, &plain));
    findings.push(proxy(&plain, own));
    if let Ok(Some(forged)) = probe(&gate.loaded, asker, Some(NOBODY)).await {
        findings.extend(forgery(&plain, &forged, own));
    }
    Some(Here { own: gate, client: plain.client })
}

impl Here<'_> {
    /// What its rules say of a stranger who asks for this address from here; `None` where no site has it.
    pub fn explain(&self, url: &Url) -> Option<Explanation> {
        let question = Question {
            url: url[..url::Position::AfterQuery].to_owned(),
            http_method: "GET".to_owned(),
            address: self.client,
            certificate: None,
            user: None,
            level: Level::Stranger,
            factors: Vec::new(),
            age: Duration::ZERO,
            trusted: false,
        };
        let explanation = explain(self.own.sites.as_ref()?, &question, Machine::start().clock.now());
        explanation.site.is_some().then_some(explanation)
    }

    /// Waits for an answer, and tells who was turned away meanwhile: a server in front that may not ask gets no for an
    /// answer to everything, and what it makes of that may well look like a login.
    pub async fn watching<T>(&self, asking: impl Future<Output = T>, findings: &mut Vec<Finding>) -> T {
        let token = begin(&self.own.loaded).await;
        let answer = asking.await;
        if let Ok(token) = token
            && let Ok(Arrival { turned_away: Some(peer), .. }) = end(&self.own.loaded, token).await
        {
            let what =
                format!("{peer} asks about requests and may not: whoever comes through it is refused everything");
            let remedy = format!("if that is your server, add \"{peer}\" to forward_auth.callers");
            findings.push(Finding::failure("callers", what, remedy));
        }
        answer
    }
}

/// Whether the keys are those of the gate that runs here.
async fn same(loaded: &Loaded, keys: &Reply) -> Result<(), Finding> {
    let answer = app::perform(loaded, Operation::Health).await;
    let known = match answer {
        Ok(_) => app::perform(loaded, Operation::KeysList).await,
        Err(failure) => Err(failure),
    };
    match known {
        Ok(Outcome::Keys { keys: own }) => {
            let set = keys.json();
            let told: Vec<&str> =
                set["keys"].as_array().into_iter().flatten().filter_map(|key| key["kid"].as_str()).collect();
            if own.iter().any(|key| told.contains(&key.id.as_str())) {
                return Ok(());
            }
            let what = "the keys at this address are not those of the gate that runs here";
            Err(Finding::failure("gate", what, "look where the server in front sends /.vestibule/"))
        }
        Ok(_) => Ok(()),
        Err(failure) => {
            let what = format!("what the gate sees is not known here: {}", failure.what);
            Err(Finding::warning("gate", what, failure.remedy))
        }
    }
}

/// Sends a token through; what it looked like on arrival. `claims`: an address that the client says it is.
async fn probe(loaded: &Loaded, asker: &Asker, claims: Option<&str>) -> Result<Option<Seen>, String> {
    let token = begin(loaded).await?;
    let mut question = asker.get(&format!("/.vestibule/jwks.json?probe={token}"));
    if let Some(address) = claims {
        question = question.with("x-forwarded-for", address);
    }
    question.send().await.map_err(|why| why.to_string())?;
    Ok(end(loaded, token).await?.seen)
}

const OTHER_VERSION: &str = "the server is of another version";

async fn begin(loaded: &Loaded) -> Result<String, String> {
    match app::perform(loaded, Operation::ProbeBegin).await {
        Ok(Outcome::Probe { token }) => Ok(token),
        Ok(_) => Err(OTHER_VERSION.to_owned()),
        Err(failure) => Err(failure.what),
    }
}

async fn end(loaded: &Loaded, token: String) -> Result<Arrival, String> {
    match app::perform(loaded, Operation::ProbeSeen { token }).await {
        Ok(Outcome::Seen(arrival)) => Ok(arrival),
        Ok(_) => Err(OTHER_VERSION.to_owned()),
        Err(failure) => Err(failure.what),
    }
}

/// Whether the gate takes itself to be where it was asked for.
fn address(url: &Url, seen: &Seen) -> Vec<Finding> {
    let asked = url.origin().ascii_serialization();
    let mut found = Vec::new();
    let scheme = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
    match &seen.site {
        None => {
            let what = format!("the gate got Host {:?}, and no [[site]] with a url answers to it", seen.host);
            let remedy = format!("let the server in front pass Host unchanged, and set url = \"{asked}\"");
            found.push(Finding::failure("host", what, remedy));
        }
        Some(site) if *site == asked => found.push(Finding::ok("host", format!("the gate knows the site {site}"))),
        Some(site) => {
            let check = if scheme(site) == scheme(&asked) { "host" } else { "scheme" };
            let what = format!("the gate takes this site to be at {site}");
            found.push(Finding::failure(check, what, format!("set url = \"{asked}\": what people see")));
        }
    }
    if let Some(said) = seen.forwarded_proto.as_ref().filter(|said| said.as_str() != url.scheme()) {
        let what = format!("the server in front says X-Forwarded-Proto: {said}");
        let remedy =
            format!("let it say {}: applications make links of it, and forward-auth finds no site", url.scheme());
        found.push(Finding::failure("scheme", what, remedy));
    }
    found
}

/// Whether the gate knows for whom the server in front speaks.
fn proxy(seen: &Seen, own: IpAddr) -> Finding {
    let Seen { peer, client, trusted, forwarded_for, .. } = seen;
    let shared = format!("the gate takes everybody for {peer}: all users share one address, and with it one throttle");
    let believe = format!("add \"{peer}\" to trust.proxies, if that is your server");
    let say = format!("let the server at {peer} set X-Forwarded-For to the address of its client");
    match (trusted, forwarded_for) {
        (true, true) => Finding::ok("proxy", format!("{peer} is believed; the client is {client}")),
        (true, false) if own.to_canonical() == *peer => {
            let what = format!("{peer} is in trust.proxies and says nothing of its client");
            Finding::warning("proxy", what, format!("{say}; if there is none, ask from another machine"))
        }
        (true, false) => Finding::failure("proxy", shared, say),
        (false, true) => Finding::failure("proxy", shared, believe),
        (false, false) if own.to_canonical() == *peer => {
            Finding::ok("proxy", format!("no server stands in front; the client is {client}"))
        }
        (false, false) => Finding::warning("proxy", shared, format!("if that is your server: {believe}, and {say}")),
    }
}

/// Whether a client can choose its address.
fn forgery(plain: &Seen, forged: &Seen, own: IpAddr) -> Option<Finding> {
    if forged.client.to_string() != NOBODY {
        return Some(Finding::ok("forged", "what a client says of its own address is not believed"));
    }
    let what = "a client that sends X-Forwarded-For chooses its address, for rules and for limits";
    let remedy = "let the server in front replace X-Forwarded-For instead of adding to it";
    // What a server in front says of itself, where it says nothing of its client, is not this machine.
    let ourselves = plain.client_trusted && (plain.forwarded_for || plain.peer == own.to_canonical());
    Some(match ourselves {
        true => Finding::warning(
            "forged",
            format!("{what}: this machine is itself in trust.proxies"),
            format!("{remedy}, and ask from another machine"),
        ),
        false => {
            Finding::failure("forged", what, format!("{remedy}, and name nobody but your servers in trust.proxies"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    fn seen(peer: &str, trusted: bool, forwarded_for: bool) -> Seen {
        let peer = peer.parse().unwrap();
        let site = Some("https://a.test".to_owned());
        let host = "a.test".to_owned();
        Seen { peer, client: peer, trusted, client_trusted: false, forwarded_for, forwarded_proto: None, host, site }
    }

    #[test]
    fn a_server_in_front_that_is_not_believed_is_found() {
        let own = "198.51.100.7".parse().unwrap();
        let state = |peer, trusted, forwarded_for| proxy(&seen(peer, trusted, forwarded_for), own).state;
        assert_eq!(state("10.0.0.1", true, true), State::Ok);
        assert_eq!(state("10.0.0.1", false, true), State::Failure, "not in trust.proxies");
        assert_eq!(state("10.0.0.1", true, false), State::Failure, "says nothing");
        assert_eq!(state("10.0.0.1", false, false), State::Warning, "perhaps a translation of addresses");
        assert_eq!(state("198.51.100.7", false, false), State::Ok, "nobody in between");
    }

    #[test]
    fn the_scheme_of_the_site_is_that_of_the_address() {
        let checks = |url: &str, seen: &Seen| -> Vec<(&str, State)> {
            let found = address(&Url::parse(url).unwrap(), seen);
            found.iter().map(|finding| (finding.check, finding.state)).collect()
        };
        let good = seen("10.0.0.1", true, true);
        assert_eq!(checks("https://a.test/x", &good), [("host", State::Ok)]);
        assert_eq!(checks("http://a.test/x", &good), [("scheme", State::Failure)]);
        assert_eq!(checks("https://a.test:8443/", &good), [("host", State::Failure)]);
        let http = Seen { forwarded_proto: Some("http".to_owned()), ..good.clone() };
        assert_eq!(checks("https://a.test/", &http), [("host", State::Ok), ("scheme", State::Failure)]);
        assert_eq!(checks("https://a.test/", &Seen { site: None, ..good }), [("host", State::Failure)]);
    }

    #[test]
    fn a_client_that_chooses_its_address_is_found() {
        let plain = seen("10.0.0.1", true, true);
        let chosen = Seen { client: NOBODY.parse().unwrap(), ..plain.clone() };
        let own = "198.51.100.7".parse().unwrap();
        assert_eq!(forgery(&plain, &plain, own).unwrap().state, State::Ok);
        assert_eq!(forgery(&plain, &chosen, own).unwrap().state, State::Failure);
        let near = Seen { client_trusted: true, ..plain };
        assert_eq!(forgery(&near, &chosen, own).unwrap().state, State::Warning);
    }
}
