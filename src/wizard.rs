//! The pages: login, verification, enrolment, account, one-time links. A server-side state machine behind plain forms:
//! no step's proof lives in the browser, a GET changes nothing and sends nothing, and nothing here can make a permit. A
//! finished login ends in a redirect; the next request earns its permit on the ordinary path.

mod account;
mod agent;
mod alone;
mod ask;
mod assets;
pub mod brand;
mod call;
mod enrol;
mod failure;
mod finish;
mod form;
mod guard;
mod invite;
mod language;
mod login;
mod logout;
mod notice;
mod portal;
mod remind;
mod reset;
mod setup;
mod stage;
mod state;
mod trust;
mod twin;
mod verify;
pub mod visit;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::account::Accounts;
use crate::audit::Audit;
use crate::directory::FirstFactor;
use crate::method::Checks;
use crate::post::Post;
use crate::secret::Key;
use crate::session::Sessions;
use crate::store::Vault;
use crate::throttle::Throttle;
use crate::ticket::Tickets;

pub use invite::{Invitation, InvitationReason};
pub use setup::SetupLink;
pub use twin::UnderWay;
pub use visit::Visit;

/// Where our pages live; contract, section 4.
pub const PREFIX: &str = "/.vestibule/";

/// Everything the pages use. Handlers take what they need from it.
pub struct Wizard {
    pub vault: Vault,
    pub accounts: Accounts,
    pub tickets: Tickets,
    pub first: FirstFactor,
    pub checks: Checks,
    pub sessions: Sessions,
    pub audit: Audit,
    pub throttle: Throttle,
    pub post: Post,
    pub setup: Arc<SetupLink>,
    pub settings: Settings,
    /// What is shown again without being stored is derived under this.
    pub derivation: Key,
    /// The forms that are being answered right now.
    pub under_way: UnderWay,
}

/// What the configuration says to the pages.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a user never enrolled may enrol with the password alone; `None`: never.
    pub first_login_for: Option<Duration>,
    /// How long a reminder of a stronger factor can be put off; `None`: nobody is reminded.
    pub remind: Option<Duration>,
    /// What to do about a lost device, in the operator's words; empty: in ours.
    pub lost_device: String,
    pub min_length: usize,
    pub login_timeout: Duration,
    /// How long a browser may be trusted; zero: no box.
    pub trusted_browser: Duration,
    /// Whether a new password is sent by mail to who asks for it.
    pub reset_by_mail: bool,
    /// How many such links in a day, over all users.
    pub resets_per_day: u32,
}

/// All routes under [`PREFIX`], to be called in process with an [`Arc`] of a [`Visit`] among the request's extensions.
pub fn router(wizard: Arc<Wizard>) -> Router {
    let pages = Router::new()
        .route("/.vestibule/login", get(login::show).post(login::submit))
        .route("/.vestibule/login/start-over", post(login::start_over))
        .route("/.vestibule/login/{method}", post(alone::submit))
        .route("/.vestibule/verify", get(verify::choose))
        .route("/.vestibule/verify/lost", get(verify::lost))
        .route("/.vestibule/verify/{method}", get(verify::show).post(verify::submit))
        .route("/.vestibule/enrol", get(enrol::choose))
        .route("/.vestibule/enrol/{method}", get(enrol::show).post(enrol::submit))
        .route("/.vestibule/account", get(account::show))
        .route("/.vestibule/account/add", get(account::add))
        .route("/.vestibule/account/sessions/end", post(account::end))
        .route("/.vestibule/account/sign-out-elsewhere", post(account::end_others))
        .route("/.vestibule/account/sign-out-everywhere", post(account::end_all))
        .route("/.vestibule/account/remind", get(remind::show).post(remind::later))
        .route("/.vestibule/account/confirm/{deed}", get(account::ask).post(account::act))
        .route(language::SWITCH, post(language::submit))
        .route("/", get(portal::front))
        .route("/.vestibule/callback", get(portal::callback))
        .route("/.vestibule/logout", get(logout::ask).post(logout::submit))
        .route("/.vestibule/invite", get(invite::show).post(invite::submit))
        .route("/.vestibule/invite/{token}", get(invite::open))
        .route("/.vestibule/reset", get(reset::show).post(reset::ask))
        .route("/.vestibule/reset/password", get(reset::show_new).post(reset::set))
        .route("/.vestibule/reset/{token}", get(reset::open))
        .route("/.vestibule/setup", get(setup::show).post(setup::submit))
        .route("/.vestibule/setup/{token}", get(setup::open))
        .layer(from_fn_with_state(wizard.clone(), twin::one_at_a_time))
        .layer(from_fn_with_state(wizard.clone(), guard::navigations_only));
    let scripted = Router::new()
        .route("/.vestibule/login/{method}/challenge", post(alone::challenge))
        .layer(from_fn(guard::own_scripts_only));
    let data = Router::new()
        .route("/.vestibule/session", get(state::show))
        .route("/.vestibule/call/{token}", get(call::answer).post(call::answer))
        .route("/.vestibule/assets/{hash}/{file}", get(assets::show));
    pages
        .merge(scripted)
        .merge(data)
        .fallback(failure::not_found)
        .method_not_allowed_fallback(failure::method_not_allowed)
        .layer(axum::extract::DefaultBodyLimit::max(form::MOST_BYTES))
        .layer(from_fn_with_state(wizard.clone(), portal::at_home))
        .layer(from_fn_with_state(wizard.clone(), failure::dress))
        .with_state(wizard)
}

#[cfg(test)]
mod tests {
    use vestibule_templates::Texts;

    /// Every key of the catalogue that the source names, or makes of a method's id, has its text.
    #[test]
    fn no_page_shows_a_key_instead_of_its_text() {
        let texts = Texts::english();
        let key =
            regex::Regex::new(r#""((?:error|method|field|login|verify|enrol|codes|done)-[a-z-]*[a-z])""#).unwrap();
        let mut seen = 0;
        for folder in ["src/wizard", "src/methods", "src/methods/webauthn", "src/method"] {
            let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
            for file in files.filter(|file| file.is_file()) {
                let source = std::fs::read_to_string(&file).unwrap();
                for found in key.captures_iter(&source) {
                    seen += 1;
                    assert!(texts.has(&found[1]), "{} names {}", file.display(), &found[1]);
                }
            }
        }
        assert!(seen > 30, "the search found next to nothing: {seen}");
        for id in crate::methods::ids() {
            assert!(texts.has(&format!("method-{id}-enrol-title")), "{id}");
        }
        for id in crate::methods::alone() {
            assert!(texts.has(&format!("method-{id}-alone")), "{id}");
        }
    }
}
