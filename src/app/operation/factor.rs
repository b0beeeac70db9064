//! Factors, as an operator sees and changes them. A secret that is enrolled is never shown; a new one is, once.

use vestibule_templates::Texts;

use super::user::own_url;
use super::{Failure, done, find};
use crate::account::User;
use crate::app::Parts;
use crate::app::outcome::{FactorLine, Outcome};
use crate::audit::Origin;
use crate::method::{Answer, Asker, Place};
use crate::secret::{Random, Secret};
use crate::types::{FactorId, MethodId, UserName};

/// A key of 160 bits, as RFC 4226 section 4 recommends and every authenticator takes.
const KEY_BYTES: usize = 20;
const TOTP: MethodId = MethodId::new("totp");

pub async fn lines(parts: &Parts, user: &User) -> Result<Vec<FactorLine>, Failure> {
    let in_force = parts.in_force.load_full();
    let rows = parts.accounts.factors(user).await?;
    let line = |factor: crate::account::Factor| {
        let method = in_force.plan.registry.get(&factor.method);
        let told = method.map(|method| method.describe(&factor.state)).unwrap_or_default();
        // The same in every language, for programs.
        let label = factor.name(&Texts::english());
        FactorLine {
            detail: told.masked.or_else(|| told.remaining.map(|left| format!("{left} left"))),
            id: factor.id,
            method: factor.method,
            label,
            created: factor.created.rfc3339(),
            last_used: factor.last_used.map(|time| time.rfc3339()),
            usable: method.is_some(),
        }
    };
    Ok(rows.into_iter().map(|row| line(row.value)).collect())
}

pub async fn remove(parts: &Parts, name: &UserName, factor: &FactorId, origin: &Origin) -> Result<Outcome, Failure> {
    let user = find(parts, name).await?;
    let checks = parts.in_force.load().checks.clone();
    checks.remove(&user, factor, false, origin, Vec::new()).await?;
    Ok(done(format!("{factor} was removed from {name}; sessions and browsers are ended")))
}

/// Enrols on the one way there is: a key is made, and the current code answers for it. So what is stored is what the
/// method itself stores, and the code used here works at no login.
pub async fn add_totp(
    parts: &Parts,
    name: &UserName,
    secret: Option<Secret<String>>,
    origin: &Origin,
) -> Result<Outcome, Failure> {
    let user = find(parts, name).await?;
    let random: Box<dyn Random> = match secret {
        Some(text) => Box::new(Given::parse(text.expose())?),
        None => Box::new(Drawn(parts.machine.random.clone())),
    };
    let in_force = parts.in_force.load_full();
    let texts = in_force.plan.languages.fallback().clone();
    let place = match own_url(parts) {
        Some(url) => Place { name: url.authority(), origin: url.to_string(), host: url.host.to_string(), texts },
        None => Place { name: "Vestibule".to_owned(), origin: String::new(), host: String::new(), texts },
    };
    let checks = &in_force.checks;
    let nothing_to_keep = |_: &_| Ok(Vec::new());
    let asker = Asker { user: &user, place: &place, origin, browser: &[] };
    let begun = checks.begin_enrolment(asker, &TOTP, &Answer::default(), None, &*random, nothing_to_keep).await?;
    let no_uri = || Failure::new("the method totp made no address", "look at [methods.totp]");
    let uri = begun.prompt.otpauth.ok_or_else(no_uri)?;
    let code = totp_rs::Totp::from_url(&uri)
        .map(|totp| totp.generate(u64::try_from(parts.machine.clock.wall().secs()).unwrap_or(0)).to_string())
        .map_err(|error| Failure::new(format!("the address cannot be read: {error}"), "look at [methods.totp]"))?;
    let answer = Answer([("code".to_owned(), Secret::new(code))].into_iter().collect());
    let enrolled = checks.finish_enrolment(asker, &begun.begun, &answer, Vec::new(), Vec::new()).await?;
    Ok(Outcome::FactorAdded { factor: enrolled.factor.id, uri })
}

/// The machine's randomness, boxed.
#[derive(Debug)]
struct Drawn(std::sync::Arc<dyn Random>);

impl Random for Drawn {
    fn fill(&self, out: &mut [u8]) {
        self.0.fill(out);
    }
}

/// A key that exists already (a hardware token's), where the method would draw one.
struct Given(Secret<[u8; KEY_BYTES]>);

impl Given {
    fn parse(text: &str) -> Result<Self, Failure> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
        let refused = || Failure::usage("the secret is not base32 of 160 bits", "write 32 letters A-Z and digits 2-7");
        let bytes = data_encoding::BASE32_NOPAD_NOCASE.decode(plain.as_bytes()).map_err(|_| refused())?;
        Ok(Self(Secret::new(bytes.try_into().map_err(|_| refused())?)))
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted key]")
    }
}

impl Random for Given {
    fn fill(&self, out: &mut [u8]) {
        for (to, from) in out.iter_mut().zip(self.0.expose().iter().cycle()) {
            *to = *from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_secret_is_of_160_bits() {
        let given = Given::parse("jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp").unwrap();
        let mut out = [0; KEY_BYTES];
        given.fill(&mut out);
        assert_eq!(data_encoding::BASE32_NOPAD.encode(&out), "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
        for refused in ["", "JBSWY3DPEHPK3PXP", "not base32 1890"] {
            assert!(Given::parse(refused).is_err(), "{refused}");
        }
    }
}
