//! The list of identity headers for one request: each name of ours, to be set or removed. Applied in one place
//! (`proxy/identity`), on every route.

use super::Identity;

/// Names in force for one site, and all names of all sites: whatever is in `all` is removed from what a client sent, in
/// every spelling an application might read as the same (case, `_` or `.` for `-`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    pub user: String,
    pub groups: String,
    pub name: String,
    pub email: String,
}

/// One header to set after all of ours were removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    pub name: String,
    pub value: String,
}

/// Names stripped everywhere, by class.
#[derive(Clone, Debug, Default)]
pub struct Stripped {}

impl Stripped {
    /// The defaults, all configured names of all sites, and `Vestibule-*`.
    pub fn new<'a>(_configured: impl Iterator<Item = &'a Names>) -> Self {
        todo!()
    }

    /// Whether a header a client sent is of a name class of ours.
    pub fn covers(&self, _name: &str) -> bool {
        todo!()
    }
}

/// The headers for a visitor; none for nobody. `user_is_id`: `identity.user = "id"`. Values that a header cannot carry
/// (control characters, not ASCII) are percent-encoded as RFC 3986 or left out; documented.
pub fn list(_identity: &Identity, _names: &Names, _user_is_id: bool, _assertion: &str) -> Vec<Set> {
    todo!()
}
