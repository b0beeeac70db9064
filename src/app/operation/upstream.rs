//! Upstreams, seen and drained by an operator. What is drained stays so until it is resumed, removed from the
//! configuration, or the server starts again; a deed that cannot be recorded is not done.

use super::{Failure, Outcome, done};
use crate::app::Parts;
use crate::app::outcome::UpstreamLine;
use crate::audit::{Event, Kind, Origin};
use crate::gate::Upstream;
use crate::proxy::{Condition, Member};

/// All that are in force, and those a reload removed that still have requests under way.
pub(super) fn list(parts: &Parts) -> Outcome {
    let lines = parts.roster.list().into_iter().map(|member| line(parts, &member));
    Outcome::Upstreams { upstreams: lines.collect() }
}

fn line(parts: &Parts, member: &Member) -> UpstreamLine {
    let in_force = parts.in_force.load();
    let mut sites = in_force.plan.sites.sites.iter();
    let there = sites
        .any(|site| site.name() == member.site && site.upstreams.iter().any(|one| one.to_string() == member.upstream));
    let state = match member.condition() {
        _ if !there => "removed",
        Condition::Up => "up",
        Condition::Failing => "failing",
        Condition::Down => "down",
        Condition::Drained => "drained",
    };
    UpstreamLine {
        site: member.site.clone(),
        upstream: member.upstream.clone(),
        state: state.to_owned(),
        under_way: member.under_way(),
        why: member.trouble(),
    }
}

/// Takes an upstream out, or in again.
pub(super) async fn drain(parts: &Parts, text: &str, drained: bool, origin: &Origin) -> Result<Outcome, Failure> {
    // However it is written: `http://app` is `http://app:80`.
    let upstream = Upstream::parse(text).map_or_else(|_| text.to_owned(), |upstream| upstream.to_string());
    let members: Vec<_> = parts.roster.list().into_iter().filter(|member| member.upstream == upstream).collect();
    if members.is_empty() {
        return Err(Failure::new("there is no such upstream", "`vestibule upstream list` shows those there are"));
    }
    let kind = if drained { Kind::UpstreamDrained } else { Kind::UpstreamResumed };
    parts.audit.record(Event::new(kind, origin).detail(upstream.clone())).await?;
    members.iter().for_each(|member| member.drain(drained));
    let under_way: usize = members.iter().map(|member| member.under_way()).sum();
    Ok(done(match drained {
        true => format!("{upstream} gets no new requests; {under_way} under way may finish"),
        false => format!("{upstream} gets requests again"),
    }))
}
