//! What a new password must at least be (NIST SP 800-63B-4 section 3.1.1.2): long enough, not among the commonest, not
//! the user's own name; nothing is asked of its characters. And the one form in which a password is compared.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use crate::secret::Secret;
use crate::types::UserName;

/// A longer password is refused: what is hashed has a ceiling.
pub const MAX_BYTES: usize = 1024;

/// Ten thousand, lower-case; where they come from stands in the first lines.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").lines().filter(|line| !line.starts_with("#: ")).collect());

/// Why a new password is refused; each has a text in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFloor {
    #[error("the password has fewer than {0} characters")]
    Short(usize),
    #[error("the password has more than {0} bytes")]
    Long(usize),
    #[error("the password is among the most common ones")]
    Common,
    #[error("the password is the user's own name")]
    Name,
}

/// The form in which passwords are hashed (RFC 8265 section 4.2, OpaqueString): every space is the ASCII one, and NFC,
/// so that one password typed on two keyboards is one. `None`: longer than [`MAX_BYTES`].
pub fn prepare(password: &Secret<String>) -> Option<Secret<String>> {
    if password.expose().len() > MAX_BYTES {
        return None;
    }
    // Composing does not make a text much longer: at most three times, which bounds what is hashed.
    let spaced = password.expose().chars().map(|c| if is_space(c) { ' ' } else { c });
    Some(Secret::new(spaced.nfc().collect()))
}

/// Judges a prepared password.
pub fn judge(password: &Secret<String>, user: &UserName, min_length: usize) -> Result<(), PasswordFloor> {
    let text = password.expose();
    if text.chars().count() < min_length.max(1) {
        return Err(PasswordFloor::Short(min_length.max(1)));
    }
    let lower = Secret::new(text.to_lowercase());
    if COMMON.contains(lower.expose().as_str()) {
        return Err(PasswordFloor::Common);
    }
    if UserName::parse(text).is_ok_and(|name| name == *user) {
        return Err(PasswordFloor::Name);
    }
    Ok(())
}

/// Unicode's space separators (general category Zs) beyond ASCII.
fn is_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(password: &str) -> Result<(), PasswordFloor> {
        let alice = UserName::parse("alice.smith").unwrap();
        judge(&prepare(&Secret::new(password.to_owned())).unwrap(), &alice, 8)
    }

    #[test]
    fn the_floor_refuses_short_common_and_own_name() {
        assert_eq!(verdict("sevench"), Err(PasswordFloor::Short(8)));
        assert_eq!(verdict("ééééééé"), Err(PasswordFloor::Short(8)), "characters, not bytes");
        for common in ["password1", "PassWord1", "qwertyuiop", "12345678"] {
            assert_eq!(verdict(common), Err(PasswordFloor::Common), "{common}");
        }
        assert_eq!(verdict("Alice.Smith"), Err(PasswordFloor::Name));
        for good in ["correct horse battery", "ｌｏｎｇ enough 世界", "        9"] {
            assert_eq!(verdict(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn the_list_is_ten_thousand_lower_case_words() {
        assert!(COMMON.len() > 9_900, "{}", COMMON.len());
        assert!(COMMON.iter().all(|word| *word == word.to_lowercase() && !word.starts_with("#: ")));
    }

    #[test]
    fn one_password_on_two_keyboards_is_one() {
        let same = |a: &str, b: &str| prepare(&Secret::new(a.to_owned())) == prepare(&Secret::new(b.to_owned()));
        assert!(same("caf\u{e9} cr\u{e8}me", "cafe\u{301}\u{a0}cre\u{300}me"));
        assert!(!same("Password", "password"));
        assert!(!same("ａｂｃ", "abc"), "width is kept");
        assert!(prepare(&Secret::new("x".repeat(MAX_BYTES + 1))).is_none());
    }
}
