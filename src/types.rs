//! Words that everybody uses: names, ids, levels, origins. A value of one of these types has been checked; a text that
//! has not been is a `String`.

mod address;
mod certificate;
mod id;
mod name;
mod origin;
mod recipient;

use serde::{Deserialize, Serialize};

pub use address::neighbourhood;
pub use certificate::{CertificateName, ClientCertificate};
pub use id::{FactorId, Handle, MethodId, RequestId, UserId};
pub use name::{GroupName, NameError, UserName};
pub use origin::{HostPattern, Origin, OriginError, Scheme, is_loopback_name};
pub use recipient::Recipient;

/// How much is proved of a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Stranger,
    /// The first factor.
    Known,
    /// A second factor too.
    Verified,
}

/// What a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    Bypass,
    OneFactor,
    TwoFactor,
    Deny,
}

impl Policy {
    pub fn as_str(self) -> &'static str {
        match self {
            Policy::Bypass => "bypass",
            Policy::OneFactor => "one_factor",
            Policy::TwoFactor => "two_factor",
            Policy::Deny => "deny",
        }
    }
}

/// How strong a second factor is, weakest first; methods are offered strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// A trusted browser: stands in for the second factor of a plain `two_factor` rule and for nothing else.
    Remembered,
    /// Recovery codes: a way back in, never enough for a rule that names factors.
    Fallback,
    /// Codes that travel over a telephone or mail network.
    Delivered,
    /// Codes from a device in the user's hands, which can still be typed into the wrong page.
    Code,
    /// Bound to the site's origin: cannot be phished.
    PhishingResistant,
}
