//! Browsers, as an operator sees and ends them.

use super::{Failure, done, find};
use crate::account::Browser;
use crate::app::Parts;
use crate::app::outcome::{BrowserLine, Outcome};
use crate::audit::{Event, Kind, Origin};
use crate::types::{Handle, UserName};

pub async fn list(parts: &Parts, name: &UserName) -> Result<Outcome, Failure> {
    let user = find(parts, name).await?;
    let in_force = parts.in_force.load_full();
    let most = in_force.plan.written.session.trusted_browser.0;
    let mut browsers = Vec::new();
    for row in parts.accounts.browsers(&user).await? {
        let trust = in_force.checks.standing(&user, &row.value, most).await?;
        browsers.push(BrowserLine {
            id: row.value.handle,
            since: row.value.since.rfc3339(),
            last_seen: row.value.last_seen.rfc3339(),
            trusted_until: trust.map(|trust| trust.until.rfc3339()),
            address: row.value.address,
            agent: row.value.agent,
        });
    }
    Ok(Outcome::Browsers { browsers })
}

pub async fn end(
    parts: &Parts,
    name: &UserName,
    browser: Option<&Handle>,
    origin: &Origin,
) -> Result<Outcome, Failure> {
    let user = find(parts, name).await?;
    let ends = |one: &Browser| browser.is_none_or(|handle| one.handle == *handle);
    if browser.is_some() && !parts.accounts.browsers(&user).await?.iter().any(|row| ends(&row.value)) {
        let remedy = format!("`vestibule browser list {name}` shows those there are");
        return Err(Failure::new(format!("{name} has no such browser"), remedy));
    }
    let event = Event::new(Kind::BrowserEnded, origin).user(user.id, &user.name);
    let event = event.detail(browser.map_or("all", Handle::as_str));
    let told = vec![parts.audit.entry(event)?];
    let forget = async { Ok::<_, Failure>(parts.accounts.forget_browsers(&user, ends, told).await?) };
    // Nobody can tell which of these sits in a browser that ends.
    let ended = parts.sessions.end_remembered_with(user.id, None, origin, forget).await?;
    Ok(done(match ended {
        1 => "1 browser is forgotten".to_owned(),
        many => format!("{many} browsers are forgotten"),
    }))
}
