//! Whom a mail is for. It carries an address and nothing that would open an account.

use super::UserName;

/// The owner of an account, as far as writing to him goes.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    pub name: &'a UserName,
    /// `None`: there is no way to write to him.
    pub email: Option<&'a str>,
    /// The language remembered with the account, as a tag (BCP 47).
    pub language: Option<&'a str>,
}
