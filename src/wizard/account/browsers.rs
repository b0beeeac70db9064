//! The browsers in which the owner signed in with both steps.

use axum::response::Response;
use vestibule_templates::pages::account;

use super::confirm::Confirmed;
use super::deed::Deed;
use super::seconds;
use crate::account::User;
use crate::audit::Kind;
use crate::types::Handle;
use crate::wizard::Wizard;
use crate::wizard::failure::Failure;
use crate::wizard::finish::see_other;

/// The owner's browsers, as the page lists them.
pub async fn listed(wizard: &Wizard, user: &User) -> Result<Vec<account::Browser>, Failure> {
    let known = wizard.accounts.browsers(user).await?.into_iter();
    let listed = known.map(|browser| account::Browser {
        description: described(&browser.agent, &browser.address),
        since: seconds(browser.since),
        last_seen: seconds(browser.last_seen),
        end: Deed::EndBrowser(browser.handle).address(None),
    });
    Ok(listed.collect())
}

/// Forgets one, or all of them.
pub async fn forget(confirmed: Confirmed<'_>, handle: Option<&Handle>) -> Result<Response, Failure> {
    let event = confirmed.event(Kind::BrowserEnded).detail(handle.map_or("all", Handle::as_str));
    let more = confirmed.with(event)?;
    confirmed.wizard.accounts.forget_browsers(confirmed.user, handle, more).await?;
    Ok(see_other("/.vestibule/account?done=forgotten"))
}

/// A browser as its owner may recognise it.
pub fn described(agent: &str, address: &str) -> String {
    format!("{} {address}", short(agent)).trim().to_owned()
}

/// The part of a `User-Agent` people know: browser and system, cut.
fn short(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 5] =
        [("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |list: &[(&str, &'static str)]| list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system},"),
        (Some(one), None) | (None, Some(one)) => format!("{one},"),
        (None, None) => agent.chars().take(40).collect(),
    }
}
