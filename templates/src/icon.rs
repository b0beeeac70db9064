//! The few line drawings of the pages, as elements, so that they take the colour of the text and load nothing.
//! They decorate only: each stands beside words, and is hidden from screen readers.

use maud::{Markup, html};

/// The drawing for a method, by its id. A method nobody has drawn yet gets a shield.
pub(crate) fn method(id: &str) -> Markup {
    drawn(match id {
        "totp" | "hotp" => &[
            "M7 2.5h10a1.5 1.5 0 0 1 1.5 1.5v16a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 20V4A1.5 1.5 0 0 1 7 2.5z",
            "M9 9.5h.01M12 9.5h.01M15 9.5h.01M9 13h.01M12 13h.01M15 13h.01",
            "M11 18.2h2",
        ],
        "webauthn" | "yubikey" => {
            &["M12 15.5a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0z", "M10.8 12.2 20 3", "m16.5 6.5 3 3"]
        }
        "email" => {
            &["M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z", "m3.5 6.5 8.5 6.5 8.5-6.5"]
        }
        "sms" => &[
            "M4 4.5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-9l-5 4v-4H4a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1z",
            "M7.5 9h9M7.5 12.5h6",
        ],
        "voice" => &[
            "M6.5 3h3l1.5 5-2 1.5a12 12 0 0 0 5.5 5.5l1.5-2 5 1.5v3a2.5 2.5 0 0 1-2.7 2.5A17 17 0 0 1 4 5.7 2.5 2.5 0 0 1 6.5 3z",
        ],
        "recovery" => {
            &["M6 3h12a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z", "M8.5 8h7M8.5 12h7M8.5 16h4"]
        }
        "lost" => &[
            "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z",
            "M9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8",
            "M12 16.6h.01",
        ],
        _ => &["M12 2.8 19.5 6v5.5c0 4.8-3 8.3-7.5 9.7-4.5-1.4-7.5-4.9-7.5-9.7V6z"],
    })
}

/// The mark: a door within a door.
pub(crate) fn mark() -> Markup {
    drawn(&["M4 21V10.5a8 8 0 0 1 16 0V21", "M9 21v-8.5a3 3 0 0 1 6 0V21", "M2 21h20"])
}

/// Languages, for somebody who cannot read the word.
pub(crate) fn globe() -> Markup {
    drawn(&["M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z", "M3 12h18", "M12 3c3.2 3 3.2 15 0 18M12 3c-3.2 3-3.2 15 0 18"])
}

fn drawn(paths: &[&str]) -> Markup {
    html! {
        svg.icon viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false" {
            @for path in paths { path d=(path) {} }
        }
    }
}
