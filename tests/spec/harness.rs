//! The test bench: the real binary between a hand-made client and an upstream that records every byte. It must never
//! believe the gate about itself: "denied" means that [`Echo`] saw nothing, "same identity" is read at [`Echo`].
//!
//! ```text
//! let echo = Echo::start();                                   // given an application
//! let gate = Gate::before(&echo)                              // … and a gate in front of it
//!     .rules(rules! { "/open/**" => "bypass", _ => "two_factor" })
//!     .start();
//! let alice = gate.given_user("alice");                       // invited, password set, TOTP enrolled, codes kept
//! let mut browser = gate.visitor();
//! let page = browser.sign_in(&alice, "/locked");              // when she signs in for a locked page
//! assert_eq!(page.status, 200);                               // then she sees it
//! assert_eq!(echo.last().field("remote-user"), Some("alice"));
//! ```
//!
//! Run: `cargo test --features steer --test spec [name]`. A new group is a file beside `ar.rs` and a line in `main.rs`.
//!
//! - [`Gate`]: own folder, own port, own still clock (`advance`, `skew_wall`), `cli([...])`, `log()`, `kill()` and
//!   `restart()` on the same folder, `outbox()`. The texts given to the builder may say `PORT` and `UPSTREAM`.
//! - [`Visitor`]: a browser without script: one cookie jar per host, fetch metadata, forms read off the page. It follows
//!   a redirect only when told (`follow`). `script(…)` is the application's own script; `ask(…)` sends what you say.
//! - [`Front`]: nginx, HAProxy or Caddy from a shipped file of `config/integrations`, with a gate behind or beside it.
//! - `Client` speaks TLS to a gate: its `tunnel` is an address at which all of the above speak through it.
//! - `unix`, `tls`, `h2c` and `tls_h2` are upstreams that are spoken to in other ways.
//! - `gate.wire()`: bytes out, strict reading of what comes back, always within a time limit. `gate.frames()`: the same
//!   for HTTP/2, any frame in any order.
//! - `gate.talk()`: requests written in HTTP/1 and sent in the gate's version of HTTP (`speaking`), so that one
//!   specification holds for both; its visitors speak it, too. `http2.rs` runs whole groups that way.
//! - `gate.invite`, `given_user`, `given_member` (with a group), `given_password_user` (no second factor) make people;
//!   `browser.accept`, `give_password`, `give_code`, `sign_in`, `sign_out` are the ways they go.
//! - Codes are single use and the clock stands still: `sign_in` moves it one TOTP step first.

mod echo;
pub mod frames;
mod front;
mod gate;
mod html;
mod patience;
mod people;
mod quiet;
mod secure;
mod talk;
mod upstream;
mod visitor;
mod wire;

pub use echo::{Answer, Echo, Request, WEBSOCKET_KEY};
pub use front::{Front, Kind, SITE, Shipped, Signed};
pub use gate::{Gate, Gateway};
pub use html::{Form, tags};
pub use patience::{LIMIT, until};
pub use people::{PASSWORD, User, code_of, codes_on, link_in, secret_on};
pub use quiet::alone;
pub use secure::Client;
pub use talk::{Protocol, Talk};
pub use upstream::{Authority, Certificate, elsewhere, h2c, tls, tls_h2, unix};
pub use visitor::{Page, Visitor};
pub use wire::{Head, Reply, Wire, connect_from, free_address};
