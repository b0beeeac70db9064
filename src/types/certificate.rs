//! What a client certificate says of its holder, as rules name it. Which part of the certificate a name stands in belongs
//! to the name: an authority may look closely at host names and write any common name it is asked for.

use std::fmt;

use crate::clock::Time;

/// Where in a certificate a name may stand: the common name of the subject, or one of the alternative names (RFC 5280
/// section 4.2.1.6).
const KINDS: [&str; 4] = ["cn", "dns", "email", "uri"];

/// A name in a certificate, with its kind: `dns:laptop-7.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateName(String);

/// A client certificate that was verified: its authority and its dates were looked at, and its holder has its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    pub names: Vec<CertificateName>,
    /// It is none any more after this moment.
    pub ends: Time,
}

impl CertificateName {
    /// Reads a name as rules write it.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((kind, name)) if KINDS.contains(&kind) && !name.is_empty() => Ok(Self::new(kind, name)),
            _ => Err(format!("{text:?} does not say where in a certificate it stands")),
        }
    }

    /// A name as it stands in a certificate. Names of hosts have no case (RFC 4343); all others are compared as they are.
    pub fn new(kind: &str, name: &str) -> Self {
        let name = if kind == "dns" { name.to_ascii_lowercase() } else { name.to_owned() };
        Self(format!("{kind}:{name}"))
    }
}

impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_belongs_to_its_place() {
        let read = |text| CertificateName::parse(text).unwrap();
        assert_eq!(read("dns:Laptop.Example"), CertificateName::new("dns", "laptop.example"));
        assert_ne!(read("cn:Alice"), read("cn:alice"));
        assert_ne!(read("cn:a.example"), read("dns:a.example"));
        for refused in ["alice", "cn:", "CN:alice", "ip:192.0.2.1", ":a", ""] {
            assert!(CertificateName::parse(refused).is_err(), "{refused}");
        }
    }
}
