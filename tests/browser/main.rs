//! The pages in a real browser: Debian's Chromium in front of the real binary. What only a browser can say is said here:
//! that the forms work as people use them, with script and without; that keys work; that nothing comes from elsewhere
//! and the console stays silent; that an application's own script gets nothing; and how the pages look. Needs
//! `chromium` and `chromium-driver`; without them the tests fail and name the remedy.

#[macro_use]
#[path = "../support/rules.rs"]
mod rules;

/// The bench of the specification: gate, application, clock and people are the same.
#[path = "../spec/harness"]
#[expect(dead_code, unused_imports, reason = "the specification uses the rest")]
mod harness {
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
    pub use front::{Front, Kind, SITE};
    pub use gate::{Control, Gate, Gateway, Said};
    pub use html::Form;
    pub use patience::{LIMIT, until};
    pub use people::{PASSWORD, User, code_of, codes_on, link_in, secret_on};
    pub use secure::Client;
    pub use talk::{Protocol, Talk};
    pub use upstream::Authority;
    pub use visitor::{Page, Visitor};
    pub use wire::{Head, Reply, Wire, free_address};
}

#[path = "../support/http_server.rs"]
mod http_server;
#[path = "../support/validation_server.rs"]
mod validation_server;

mod axe;
mod driver;
mod factors;
mod fronts;
mod gallery;
mod languages;
mod life;
mod looks;
mod narrow;
mod over_tls;
mod passkey;
mod person;
mod portal;
mod radicale;
mod same_origin;
mod sign_in;
mod walk;
mod weight;
