//! `doctor`: a running set-up, tested from outside as any client on this machine would, one finding after the other. What
//! only the gate can know (whom it took the client for) is asked over its admin socket, where there is one on this
//! machine; the network is never told. It signs nobody in, and changes nothing but counters.

mod ask;
mod gate;
mod judge;
mod tls;

use std::io::{self, IsTerminal, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use tokio::net::TcpStream;
use url::Url;

use self::ask::{Asker, Reply};
use self::tls::Handshake;
use super::print::{Told, as_json, plain, print};
use super::{Ended, NO, Which};
use crate::app::Machine;

/// How long anybody may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How it stands with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Failure,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    what: String,
    /// What to do; empty where nothing is.
    remedy: String,
}

impl Finding {
    fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self { check, state: State::Ok, what: what.into(), remedy: String::new() }
    }

    fn warning(check: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, state: State::Warning, what: what.into(), remedy: remedy.into() }
    }

    fn failure(check: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, state: State::Failure, what: what.into(), remedy: remedy.into() }
    }
}

/// Everything that is found is printed; [`NO`] where something fails.
pub async fn doctor(which: &Which<'_>, text: &str, direct: Option<&str>, json: bool) -> Result<(), Ended> {
    let wrong = || Ended::Usage(format!("{text:?} is no address"), "write https://wiki.example.com/".to_owned());
    let url = Url::parse(text).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong());
    }
    let configured = gate::configured(which)?;
    let mut findings = Vec::new();
    examine(&url, &configured, &mut findings).await;
    if let Some(address) = direct {
        findings.push(reach_directly(&url, address).await);
    }
    let failed = findings.iter().any(|finding| finding.state == State::Failure);
    print(|out| match json {
        true => {
            let rest = json!({ "url": url.as_str(), "ok": !failed, "findings": findings });
            as_json(out, &Told { outcome: "examined", rest })
        }
        false => in_words(out, &findings),
    })?;
    if failed { Err(Ended::Told(NO)) } else { Ok(()) }
}

fn in_words(out: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    let colours = io::stdout().is_terminal();
    for finding in findings {
        let (word, colour) = match finding.state {
            State::Ok => ("ok", "32"),
            State::Warning => ("warning", "33"),
            State::Failure => ("failure", "31"),
        };
        let word = format!("{word:<8}");
        let word = if colours { format!("\x1b[{colour}m{word}\x1b[0m") } else { word };
        writeln!(out, "{word} {:<9} {}", finding.check, plain(&finding.what))?;
        if !finding.remedy.is_empty() {
            writeln!(out, "{:<18} {}", "", plain(&finding.remedy))?;
        }
    }
    Ok(())
}

/// The list. What cannot be asked any more, because something before it failed, is left out.
async fn examine(url: &Url, configured: &gate::Configured, findings: &mut Vec<Finding>) {
    let Some(addresses) = name(url, findings).await else { return };
    let Some(own) = reach(&addresses, findings).await else { return };
    let broken = |why| Finding::failure("client", why, "look at the certificates of this machine");
    let mut asker = match Asker::new(url) {
        Ok(asker) => asker,
        Err(why) => return findings.push(broken(why)),
    };
    if url.scheme() == "https" {
        let first = asker.get("/.vestibule/jwks.json").send().await;
        match tls::examine(url, &addresses, &first, findings).await {
            Handshake::Good => {}
            Handshake::Doubtful => match asker.believing_everybody() {
                Ok(other) => asker = other,
                Err(why) => return findings.push(broken(why)),
            },
            Handshake::None => return,
        }
        if url.port_or_known_default() == Some(443) {
            findings.push(judge::redirect(url, asker.by_http().await.as_ref().map_err(String::as_str)));
        }
    } else {
        findings.extend(judge::in_clear(url));
    }

    let keys = match asker.get("/.vestibule/jwks.json").send().await {
        Ok(reply) => reply,
        Err(why) => return findings.push(Finding::failure("route", why.to_string(), judge::ROUTE)),
    };
    let found = judge::route(&keys);
    let there = found.state == State::Ok;
    findings.push(found);
    let mut here = None;
    if there {
        pages(&asker, findings).await;
        here = gate::examine(url, configured, &asker, own, &keys, findings).await;
    }
    application(url, &asker, here.as_ref(), findings).await;
}

/// Its addresses.
async fn name(url: &Url, findings: &mut Vec<Finding>) -> Option<Vec<SocketAddr>> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((bare, port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    if addresses.is_empty() {
        let remedy = "add the name where its domain is kept, or look at this machine's resolver";
        findings.push(Finding::failure("name", format!("{host} has no address"), remedy));
        return None;
    }
    let told: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    findings.push(Finding::ok("name", format!("{host} is {}", told.join(", "))));
    Some(addresses)
}

/// Every address is one that somebody's browser may choose. Gives the address this machine connects from.
async fn reach(addresses: &[SocketAddr], findings: &mut Vec<Finding>) -> Option<IpAddr> {
    let mut own = None;
    let mut dead = Vec::new();
    for address in addresses {
        match connect(*address).await {
            Ok(stream) => own = own.or(stream.local_addr().ok().map(|local| local.ip())),
            Err(why) => dead.push(format!("{address}: {why}")),
        }
    }
    let remedy = "look whether a server listens there, and at firewalls in between";
    findings.push(match (own, dead.is_empty()) {
        (Some(_), true) => Finding::ok("tcp", format!("port {} is open", addresses[0].port())),
        (Some(_), false) => Finding::warning("tcp", format!("not all addresses answer: {}", dead.join(", ")), remedy),
        (None, _) => Finding::failure("tcp", format!("nobody answers: {}", dead.join(", ")), remedy),
    });
    own
}

async fn connect(address: impl tokio::net::ToSocketAddrs) -> Result<TcpStream, String> {
    match tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await {
        Ok(connected) => connected.map_err(|error| error.to_string()),
        Err(_) => Err("no answer".to_owned()),
    }
}

/// The login page as a browser gets it, on this host or on the portal; the time; what must not be there.
async fn pages(asker: &Asker, findings: &mut Vec<Finding>) {
    let clock = Machine::start().clock;
    let session = asker.get("/.vestibule/session").send().await;
    findings.push(judge::clock(session.as_ref().ok(), clock.wall()));

    let mut login = asker.get("/.vestibule/login").navigating().send().await;
    let elsewhere = login.as_ref().ok().and_then(Reply::location).filter(|at| judge::is_elsewhere(asker.url(), at));
    if let Some(at) = &elsewhere
        && judge::is_encrypted(asker.url(), at)
    {
        // Nothing else is served in clear, so there is nothing else to look at.
        return findings.push(judge::encrypted(at));
    }
    if let Some(at) = elsewhere {
        login = asker.get(at.as_str()).navigating().send().await;
        findings.push(judge::portal(&at, login.as_ref()));
    }
    match login {
        Ok(reply) => findings.extend(judge::login(&reply)),
        Err(why) => findings.push(Finding::failure("login", why.to_string(), judge::ROUTE)),
    }

    let mut open = Vec::new();
    for dialect in ["nginx", "forwarded", "envoy/"] {
        let path = format!("/.vestibule/auth/{dialect}");
        if let Ok(reply) = asker.get(&path).like_a_front().send().await
            && judge::answers_as_forward_auth(&reply)
        {
            open.push(format!("{path} ({})", reply.status));
        }
    }
    findings.push(judge::closed(&open));
}

/// What a stranger is told who asks for the address itself: a person, and a script.
async fn application(url: &Url, asker: &Asker, here: Option<&gate::Here<'_>>, findings: &mut Vec<Finding>) {
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let asking = asker.get(target).navigating().send();
    let reply = match here {
        Some(here) => here.watching(asking, findings).await,
        None => asking.await,
    };
    match reply {
        Ok(reply) => {
            let found = judge::navigation(&reply, here.and_then(|here| here.explain(url)).as_ref());
            let asked = found.state == State::Ok;
            findings.push(found);
            if asked && let Ok(reply) = asker.get(target).scripted().send().await {
                findings.push(judge::script(&reply));
            }
        }
        Err(why) => {
            findings.push(Finding::failure("visitor", why.to_string(), "look at the log of the server in front"))
        }
    }
}

/// Whether the application answers somebody who goes around the gate.
async fn reach_directly(url: &Url, address: &str) -> Finding {
    if let Err(why) = connect(address).await {
        return Finding::ok("direct", format!("{address} cannot be reached from here: {why}"));
    }
    let around = Url::parse(&format!("http://{address}/")).ok();
    let asker = around.as_ref().and_then(|around| Asker::new(around).ok());
    let reply = match &asker {
        Some(asker) => asker.get("/").navigating().host(url).send().await.ok(),
        None => None,
    };
    judge::direct(address, reply.as_ref())
}
