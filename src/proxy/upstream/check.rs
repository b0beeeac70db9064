//! Asking upstreams whether they are well, before a visitor has to find out. One loop over the configuration in force;
//! each check has a connection of its own and a limit, and tells the member what it found, nothing else.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::Version;
use pingora::ErrorType::InternalError;
use pingora::OrErr;
use pingora::connectors::http::Connector;
use pingora::http::RequestHeader;
use pingora::upstreams::peer::HttpPeer;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::member::Member;
use crate::clock::{Clock, Time};
use crate::proxy::{Running, reason, unreachable};

/// How often it is looked who is due.
const TICK: Duration = Duration::from_millis(250);
/// How long one check may take, beside connecting.
const LONGEST: Duration = Duration::from_secs(5);

/// Checks what is to be checked until `stop`.
pub async fn watch(running: Arc<ArcSwap<Running>>, clock: Arc<dyn Clock>, stop: CancellationToken) {
    // Made when it is first needed: it reads the machine's certificate authorities.
    let mut connector = None;
    let mut checks = JoinSet::new();
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
            Some(_) = checks.join_next(), if !checks.is_empty() => continue,
        }
        let in_force = running.load_full();
        in_force.upstreams.unchecked().for_each(Member::uncheck);
        for (check, host, member, target) in in_force.upstreams.checked() {
            let (now, last) = (clock.now(), member.checked.load(Ordering::Relaxed));
            let due = last == 0 || now.since(Time(last)) >= check.interval;
            if !due || member.checking.swap(true, Ordering::AcqRel) {
                continue;
            }
            member.checked.store(now.0, Ordering::Relaxed);
            let asked = check.path.clone().map(|path| (path, host.unwrap_or(&target.authority).to_owned()));
            let (under_way, target, clock) = (UnderWay(member.clone()), target.clone(), clock.clone());
            let connector = connector.get_or_insert_with(|| Arc::new(Connector::new(None))).clone();
            checks.spawn(async move {
                let found = match target.checked(&clock).await {
                    Ok(peer) => ask(&connector, &peer, asked).await,
                    Err(error) => Err(error.to_string()),
                };
                under_way.0.check(found);
            });
        }
    }
}

/// A check; over when it is dropped, however it ended.
struct UnderWay(Arc<Member>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.checking.store(false, Ordering::Release);
    }
}

/// Connects and, where there is a path, asks for it.
async fn ask(connector: &Connector, peer: &HttpPeer, asked: Option<(String, String)>) -> Result<(), String> {
    let slow = |_| "no answer in time".to_owned();
    // Connecting has its own limit, in the peer.
    let (mut session, _) = connector.get_http_session(peer).await.map_err(|error| unreachable(&error))?;
    let Some((path, host)) = asked else { return Ok(()) };
    let answer = async {
        let mut head = RequestHeader::build("GET", path.as_bytes(), None)?;
        if session.as_http2().is_some() {
            // There is no `Host`: scheme and authority stand in the target (RFC 9113 section 8.3.1).
            let scheme = if peer.is_tls() { "https" } else { "http" };
            let whole = format!("{scheme}://{host}{path}").parse().or_err(InternalError, "no target of HTTP/2")?;
            head.set_uri(whole);
            head.set_version(Version::HTTP_2);
        } else {
            head.insert_header("host", host)?;
        }
        head.insert_header("user-agent", concat!("vestibule/", env!("CARGO_PKG_VERSION"), " (check)"))?;
        session.write_request_header(Box::new(head)).await?;
        session.finish_request_body().await?;
        loop {
            session.read_response_header().await?;
            match session.response_header().map(|head| head.status) {
                Some(status) if status.is_informational() => {}
                status => break Ok(status),
            }
        }
    };
    let status = tokio::time::timeout(LONGEST, answer).await.map_err(slow)?;
    let status = status.map_err(|error: Box<pingora::Error>| reason(&error))?;
    session.shutdown().await;
    match status {
        Some(status) if status.is_success() || status.is_redirection() => Ok(()),
        Some(status) => Err(format!("{path} answered {status}")),
        None => Err(format!("{path} was not answered")),
    }
}
