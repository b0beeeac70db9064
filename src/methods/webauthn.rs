//! Security keys and passkeys (WebAuthn Level 3), as a second factor: a ceremony. A challenge is made for one page of
//! one origin and one factor, and is good for one answer, right or wrong. What a browser says of where it was is taken
//! word for word: the origin must be the very one the page was served on.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;
use webauthn_rs::prelude::{
    CreationChallengeResponse, CredentialID, PublicKeyCredential, RegisterPublicKeyCredential,
    RequestChallengeResponse, SecurityKey, SecurityKeyAuthentication, SecurityKeyRegistration, Webauthn,
    WebauthnBuilder, WebauthnError,
};
use webauthn_rs_proto::ResidentKeyRequirement;

use super::{Build, BuildEnv, encode, named};

use crate::error::Problems;
use crate::method::{
    Answer, Answered, Card, Ceremony, Context, Description, FieldError, Method, New, Place, Prompt, Step,
};
use crate::types::{HostPattern, MethodId, Origin, Strength};

/// Of a challenge.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// No browser's answer is longer; one with a chain of attestation certificates comes near.
const MAX_ANSWER: usize = 32 * 1024;

static CARD: Card = Card {
    id: MethodId::new("webauthn"),
    title: "method-webauthn-title",
    hint: "method-webauthn-hint",
    strength: Strength::PhishingResistant,
    // Which kind of key it is, each use says.
    amr: &[],
    phishing_resistant: true,
    fallback: false,
    hands_out_codes: false,
    usable_alone: true,
    several: true,
    single_use_challenge: true,
};

crate::section! {
    Section {
        /// Security keys and passkeys.
        enabled: bool = true,
        /// The domain that keys are bound to: a suffix of every site's host. Default: the portal's host, or the only
        /// site's. Another one makes all enrolled keys useless.
        rp_id: String = String::new(),
    }
}

#[derive(Debug)]
pub(super) struct WebAuthn {
    rp_id: String,
}

#[derive(Serialize, Deserialize)]
struct State {
    rp_id: String,
    key: SecurityKey,
}

#[derive(Serialize, Deserialize)]
struct Enrolling {
    options: CreationChallengeResponse,
    state: SecurityKeyRegistration,
}

#[derive(Serialize, Deserialize)]
struct Checking {
    options: RequestChallengeResponse,
    state: SecurityKeyAuthentication,
}

/// What the browser signed of where it was (WebAuthn section 5.8.1). The library compares origins as URLs, which have
/// many spellings, and does not look at `topOrigin`.
#[derive(Deserialize)]
struct ClientData {
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(rename = "topOrigin")]
    top_origin: Option<serde_json::Value>,
}

impl Build for WebAuthn {
    const CARD: &'static Card = &CARD;
    type Section = Section;

    fn enabled(section: &Section) -> bool {
        section.enabled
    }

    fn build(section: Section, env: &BuildEnv<'_>, problems: &mut Problems) -> Result<Self, String> {
        let usable: Vec<&Origin> = env.origins.iter().filter(|origin| is_secure(origin)).collect();
        let hosts: Vec<&str> = usable.iter().filter_map(|origin| domain(&origin.host)).collect();
        let Some(first) = hosts.first() else {
            return Err("no site has a url with a domain name and https".to_owned());
        };
        let wildcard = usable.iter().any(|origin| matches!(origin.host, HostPattern::Wildcard(_)));
        let rp_id = section.rp_id.to_ascii_lowercase();
        if rp_id.is_empty() {
            if wildcard || hosts.iter().any(|host| host != first) {
                problems.add(
                    "methods.webauthn.rp_id",
                    "keys are bound to one domain, and the sites have more than one host",
                    "set portal.url, or methods.webauthn.rp_id to a suffix of every site's host, or \
                     methods.webauthn.enabled = false",
                );
            }
            return Ok(Self { rp_id: (*first).to_owned() });
        }
        // A name without a dot is a public suffix, which no browser takes; a longer one each browser refuses by itself.
        if !rp_id.contains('.') && rp_id != "localhost" {
            problems.add(
                "methods.webauthn.rp_id",
                format!("{rp_id:?} is not a domain of one's own"),
                "write a domain, for example \"example.com\"",
            );
        }
        if let Some(host) = hosts.iter().find(|host| !covers(&rp_id, host)) {
            problems.add(
                "methods.webauthn.rp_id",
                format!("{rp_id:?} is not a suffix of the host {host}"),
                "take a domain that all sites share, or set portal.url",
            );
        }
        Ok(Self { rp_id })
    }
}

impl WebAuthn {
    /// The library, bound to the one origin of this page.
    fn at(&self, place: &Place) -> Option<Webauthn> {
        let origin = Url::parse(&place.origin).ok()?;
        WebauthnBuilder::new(&self.rp_id, &origin).ok()?.rp_name(&place.name).timeout(LIFE).build().ok()
    }
}

impl Method for WebAuthn {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn works_at(&self, place: &Place) -> bool {
        Origin::parse(&place.origin).is_ok_and(|origin| is_secure(&origin)) && self.at(place).is_some()
    }

    fn stranded(&self, state: &[u8]) -> bool {
        serde_json::from_slice::<State>(state).is_ok_and(|state| state.rp_id != self.rp_id)
    }

    fn begin_enrolment(&self, context: &Context<'_>, _previous: Option<&[u8]>, _: &Answer) -> Result<Step, FieldError> {
        let known: Vec<CredentialID> = context
            .siblings
            .iter()
            .filter_map(|state| serde_json::from_slice::<State>(state).ok())
            .map(|state| state.key.cred_id().clone())
            .collect();
        let started = self.at(context.place).ok_or(WebauthnError::Configuration).and_then(|library| {
            library.start_securitykey_registration(
                context.user.0,
                context.name.as_str(),
                context.display_name,
                Some(known),
                None,
                None,
            )
        });
        let (mut options, state) = started.map_err(|_| refused())?;
        let asked = &mut options.public_key;
        // Passkeys as well as keys, so that they can sign in alone later: the library hints at keys that are plugged in,
        // and discourages what a password-less login needs.
        asked.hints = None;
        if let Some(selection) = &mut asked.authenticator_selection {
            selection.resident_key = Some(ResidentKeyRequirement::Preferred);
            selection.require_resident_key = false;
        }
        // A credential that demands verification for ever could never be used with a key that has no PIN.
        if let Some(extensions) = &mut asked.extensions {
            extensions.cred_protect = None;
            extensions.uvm = None;
        }
        Ok(Step { keep: true, ..Step::new(encode(&Enrolling { options, state }), LIFE) })
    }

    fn finish_enrolment(&self, context: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
        let Ok(Enrolling { state, .. }) = serde_json::from_slice(pending) else { return Err(refused()) };
        let answer: RegisterPublicKeyCredential = read(answer).ok_or_else(refused)?;
        let library = self.at(context.place).ok_or_else(refused)?;
        if !is_here(context.place, &answer.response.client_data_json) {
            return Err(refused());
        }
        let key = library.finish_securitykey_registration(&answer, &state).map_err(|error| {
            tracing::info!(user = %context.name, %error, "a key was not enrolled");
            refused()
        })?;
        let amr = kinds(&key_facts(&key));
        let unique = Some(key.cred_id().to_vec());
        let state = encode(&State { rp_id: self.rp_id.clone(), key });
        Ok(New { state, label: context.texts.text("method-webauthn-label"), unique, amr, ask: None })
    }

    fn begin_check(&self, context: &Context<'_>, state: &[u8]) -> Result<Step, FieldError> {
        let state: State = serde_json::from_slice(state).map_err(|_| refused())?;
        if state.rp_id != self.rp_id {
            return Err(refused());
        }
        let library = self.at(context.place).ok_or_else(refused)?;
        let (mut options, state) = library.start_securitykey_authentication(&[state.key]).map_err(|_| refused())?;
        options.public_key.hints = None;
        options.mediation = None;
        Ok(Step { keep: true, ..Step::new(encode(&Checking { options, state }), LIFE) })
    }

    fn check(&self, context: &Context<'_>, state: &[u8], pending: &[u8], answer: &Answer) -> Answered {
        let (Ok(mut factor), Ok(Checking { state, .. })) =
            (serde_json::from_slice::<State>(state), serde_json::from_slice(pending))
        else {
            return Answered::Wrong;
        };
        let (Some(answer), Some(library)) = (read::<PublicKeyCredential>(answer), self.at(context.place)) else {
            return Answered::Wrong;
        };
        // Section 7.2 step 6: an authenticator that says whose credential it is must say this user's.
        let handle = answer.response.user_handle.as_deref().filter(|handle| !handle.is_empty());
        let mine = handle.is_none_or(|handle| handle == context.user.0.as_bytes());
        if factor.rp_id != self.rp_id || !mine || !is_here(context.place, &answer.response.client_data_json) {
            return Answered::Wrong;
        }
        let result = match library.finish_securitykey_authentication(&answer, &state) {
            Ok(result) => result,
            Err(WebauthnError::CredentialPossibleCompromise) => {
                return Answered::Suspect("the key's counter did not grow: it may have been copied".to_owned());
            }
            Err(error) => {
                tracing::info!(user = %context.name, %error, "a key was refused");
                return Answered::Wrong;
            }
        };
        // The challenge was made from this factor's state, and the state is compared again when it is written: a counter
        // that another login moved since then makes that write conflict, or is seen here.
        if result.counter() != 0 && result.counter() <= key_facts(&factor.key).counter {
            return Answered::Suspect("the key's counter did not grow: it may have been copied".to_owned());
        }
        if factor.key.update_credential(&result).is_none() {
            return Answered::Wrong;
        }
        let amr = kinds(&Facts {
            counter: result.counter(),
            backup_eligible: result.backup_eligible(),
            user_verified: result.user_verified(),
        });
        Answered::Right { state: encode(&factor), amr }
    }

    fn prompt(&self, context: &Context<'_>, state: Option<&[u8]>, pending: &[u8]) -> Prompt {
        if state.is_some() {
            let options = serde_json::from_slice::<Checking>(pending).ok().map(|pending| json(&pending.options));
            return Prompt { hint: "method-webauthn-ask", ceremony: options.map(Ceremony::Get), ..Prompt::default() };
        }
        let options = serde_json::from_slice::<Enrolling>(pending).ok().map(|pending| json(&pending.options));
        Prompt {
            hint: "method-webauthn-enrol",
            fields: vec![named(context.texts.text("method-webauthn-label"))],
            ceremony: options.map(Ceremony::Create),
            ..Prompt::default()
        }
    }

    fn describe(&self, _state: &[u8]) -> Description {
        Description::default()
    }
}

/// What the library keeps of a credential and does not tell.
#[derive(Deserialize)]
struct Facts {
    counter: u32,
    backup_eligible: bool,
    user_verified: bool,
}

fn key_facts(key: &SecurityKey) -> Facts {
    #[derive(Deserialize)]
    struct Kept {
        cred: Facts,
    }
    let kept = serde_json::to_value(key).and_then(serde_json::from_value::<Kept>);
    // A credential whose counter cannot be read is treated as one that can never grow.
    kept.map_or(Facts { counter: u32::MAX, backup_eligible: true, user_verified: false }, |kept| kept.cred)
}

/// RFC 8176: a credential that may be synchronised is kept by software, any other by hardware.
fn kinds(facts: &Facts) -> Vec<&'static str> {
    let mut amr = vec![if facts.backup_eligible { "swk" } else { "hwk" }];
    if facts.user_verified {
        amr.push("user");
    }
    amr
}

fn refused() -> FieldError {
    FieldError { field: "code", text: "error-key-refused" }
}

fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> Option<T> {
    let text = answer.code();
    // A stranger's bytes.
    if text.len() > MAX_ANSWER {
        return None;
    }
    serde_json::from_str(text).ok()
}

fn is_here(place: &Place, client_data: &[u8]) -> bool {
    serde_json::from_slice::<ClientData>(client_data)
        .is_ok_and(|data| data.origin == place.origin && !data.cross_origin && data.top_origin.is_none())
}

/// Browsers hold ceremonies on secure pages only.
fn is_secure(origin: &Origin) -> bool {
    (origin.is_https() || origin.is_loopback()) && domain(&origin.host).is_some()
}

/// The domain of a host; an address or "any" has none.
fn domain(host: &HostPattern) -> Option<&str> {
    match host {
        HostPattern::Exact(name) | HostPattern::Wildcard(name) => {
            matches!(url::Host::parse(name), Ok(url::Host::Domain(_))).then_some(name)
        }
        HostPattern::Any => None,
    }
}

fn covers(rp_id: &str, host: &str) -> bool {
    host.strip_suffix(rp_id).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn json(value: &impl Serialize) -> String {
    // The library made it to be sent as JSON.
    serde_json::to_string(value).expect("options have a JSON form")
}
