//! Security keys and passkeys (WebAuthn Level 3): a ceremony, as a second factor or alone. A challenge is made for one
//! page of one origin, and is good for one answer, right or wrong. What a browser says of where it was is taken word for
//! word: the origin must be the very one the page was served on.

mod models;

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AttestationConveyancePreference, AuthenticationState, CreationChallengeResponse, Credential, CredentialID,
    PublicKeyCredential, PublicKeyCredentialHints, RegisterPublicKeyCredential, RegistrationState,
    RequestChallengeResponse, RequestRegistrationExtensions, ResidentKeyRequirement, UserVerificationPolicy,
};

use super::{Build, BuildEnv, encode};
use crate::error::Problems;
use crate::method::{
    Answer, Answered, Card, Ceremony, Challenge, Claimed, Context, Description, Field, FieldError, Method, New, Place,
    Prompt, Step,
};
use crate::types::{HostPattern, MethodId, Origin, Strength, UserId};
use models::Models;

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
    by_mailbox: false,
    several: true,
    single_use_challenge: true,
};

crate::section! {
    Section {
        /// Security keys and passkeys.
        enabled: bool = true,
        /// The domain that keys are bound to: a suffix of every site's host, and none that others register names under.
        /// Default: the portal's host, or the only site's. Another one makes all enrolled keys useless.
        rp_id: String = String::new(),
        /// Whether a key must see its owner (by PIN, fingerprint or face) each time: "preferred" or "required". A login
        /// by a passkey alone is worth two factors only when it did.
        user_verification: String = "preferred".to_owned(),
        /// What browsers offer first: "security-key", "client-device", "hybrid" (another device, such as a phone), in
        /// order. Empty: the browser's choice.
        hints: Vec<String> = Vec::new(),
        /// Whether keys must prove their model when they are enrolled: "none" or "direct". Most passkeys cannot.
        attestation: String = "none".to_owned(),
        /// A PEM file with the makers' certificates that models are proved by; only with attestation.
        attestation_ca_file: String = String::new(),
        /// The models (AAGUIDs) that may be enrolled; empty: all that are proved. Only with attestation.
        aaguid_allow: Vec<String> = Vec::new(),
        /// Models that may not. Only with attestation.
        aaguid_deny: Vec<String> = Vec::new(),
    }
}

#[derive(Debug)]
pub(super) struct WebAuthn {
    rp_id: String,
    verification: UserVerificationPolicy,
    hints: Option<Vec<PublicKeyCredentialHints>>,
    models: Option<Models>,
}

#[derive(Serialize, Deserialize)]
struct State {
    rp_id: String,
    key: Credential,
}

#[derive(Serialize, Deserialize)]
struct Enrolling {
    options: CreationChallengeResponse,
    state: RegistrationState,
}

#[derive(Serialize, Deserialize)]
struct Checking {
    /// Shown again when the page is; none where the page itself holds the ceremony.
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<RequestChallengeResponse>,
    /// Without the credential: an answer is judged by the factor as it is when the answer comes.
    state: AuthenticationState,
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
        let rp_id = match section.rp_id.to_ascii_lowercase() {
            written if written.is_empty() => {
                if wildcard || hosts.iter().any(|host| host != first) {
                    problems.add(
                        "methods.webauthn.rp_id",
                        "keys are bound to one domain, and the sites have more than one host",
                        "set portal.url, or methods.webauthn.rp_id to a suffix of every site's host, or \
                         methods.webauthn.enabled = false",
                    );
                }
                (*first).to_owned()
            }
            written => {
                judge_rp_id(&written, &hosts, problems);
                written
            }
        };
        let verification = match section.user_verification.as_str() {
            "required" => UserVerificationPolicy::Required,
            "preferred" => UserVerificationPolicy::Preferred,
            other => {
                problems.add(
                    "methods.webauthn.user_verification",
                    format!("{other:?} is not known"),
                    "write \"preferred\" or \"required\"",
                );
                UserVerificationPolicy::Required
            }
        };
        let models = Models::build(&section, problems);
        Ok(Self { rp_id, verification, hints: hints(&section.hints, problems), models })
    }
}

impl WebAuthn {
    /// The library, bound to the one origin of this page.
    fn at(&self, place: &Place) -> Option<WebauthnCore> {
        let origin = Url::parse(&place.origin).ok()?;
        let covered = origin.domain().is_some_and(|host| covers(&self.rp_id, host));
        let library =
            || WebauthnCore::new_unsafe_experts_only(&place.name, &self.rp_id, vec![origin.clone()], LIFE, None, None);
        covered.then(library)
    }

    /// A challenge to these credentials; to any that answers where there are none.
    fn challenge(
        &self,
        place: &Place,
        keys: Vec<Credential>,
    ) -> Option<(RequestChallengeResponse, AuthenticationState)> {
        let library = self.at(place)?;
        let builder = library.new_challenge_authenticate_builder(keys, Some(self.verification)).ok()?;
        let (options, mut state) = library.generate_challenge_authenticate(builder.hints(self.hints.clone())).ok()?;
        state.set_allowed_credentials(Vec::new());
        Some((options, state))
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
            .map(|state| state.key.cred_id)
            .collect();
        let library = self.at(context.place).ok_or_else(refused)?;
        let asked = if self.models.is_some() {
            AttestationConveyancePreference::Direct
        } else {
            AttestationConveyancePreference::None
        };
        // No `credProtect`: a credential that demands verification for ever could never be used with a key that has no
        // PIN.
        let extensions = RequestRegistrationExtensions { cred_props: Some(true), ..Default::default() };
        let begun = library
            .new_challenge_register_builder(context.user.0.as_bytes(), context.name.as_str(), context.display_name)
            .and_then(|builder| {
                library.generate_challenge_register(
                    builder
                        .attestation(asked)
                        .user_verification_policy(self.verification)
                        .exclude_credentials(Some(known))
                        .hints(self.hints.clone())
                        .extensions(Some(extensions)),
                )
            });
        let (mut options, state) = begun.map_err(|_| refused())?;
        // What signs in alone must be found without a name; the library knows but "required" and "discouraged".
        if let Some(selection) = &mut options.public_key.authenticator_selection {
            selection.resident_key = Some(ResidentKeyRequirement::Preferred);
        }
        Ok(Step { keep: true, ..Step::new(encode(&Enrolling { options, state }), LIFE) })
    }

    fn finish_enrolment(&self, context: &Context<'_>, pending: &[u8], answer: &Answer) -> Result<New, FieldError> {
        let Ok(Enrolling { state, .. }) = serde_json::from_slice(pending) else { return Err(refused()) };
        let answer: RegisterPublicKeyCredential = read(answer).ok_or_else(refused)?;
        let library = self.at(context.place).ok_or_else(refused)?;
        if !is_one_key(&answer.id, &answer.raw_id, &answer.type_)
            || !is_here(context.place, &answer.response.client_data_json)
        {
            return Err(refused());
        }
        let authorities = self.models.as_ref().map(Models::authorities);
        let accepted = library.register_credential(&answer, &state, authorities).and_then(|key| match &self.models {
            Some(models) => models.judge(&key.attestation.metadata).map(|()| key),
            None => Ok(key),
        });
        let key = accepted.map_err(|error| {
            tracing::info!(user = %context.name, %error, "a key was not enrolled");
            if models::is_about(&error) { FieldError { field: "code", text: "error-key-model" } } else { refused() }
        })?;
        // The library takes the id out of what the key said, and leaves what the browser says of it.
        if key.cred_id.as_slice() != answer.raw_id.as_slice() {
            return Err(refused());
        }
        let amr = kinds(key.backup_eligible, key.user_verified);
        let unique = Some(key.cred_id.to_vec());
        let state = encode(&State { rp_id: self.rp_id.clone(), key });
        Ok(New { state, unique, amr, ask: None })
    }

    fn begin_check(&self, context: &Context<'_>, state: &[u8]) -> Result<Step, FieldError> {
        let state: State = serde_json::from_slice(state).map_err(|_| refused())?;
        if state.rp_id != self.rp_id {
            return Err(refused());
        }
        let (options, state) = self.challenge(context.place, vec![state.key]).ok_or_else(refused)?;
        Ok(Step { keep: true, ..Step::new(encode(&Checking { options: Some(options), state }), LIFE) })
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
        if factor.rp_id != self.rp_id
            || !mine
            || !is_one_key(&answer.id, &answer.raw_id, &answer.type_)
            || !is_whole(&answer.response.authenticator_data)
            || !is_here(context.place, &answer.response.client_data_json)
        {
            return Answered::Wrong;
        }
        let result = match library.authenticate_single_credential(&answer, &state, &factor.key) {
            Ok(result) => result,
            Err(WebauthnError::CredentialPossibleCompromise) => {
                return Answered::Suspect("the key's counter did not grow: it may have been copied".to_owned());
            }
            Err(error) => {
                tracing::info!(user = %context.name, %error, "a key was refused");
                return Answered::Wrong;
            }
        };
        factor.key.counter = result.counter();
        factor.key.backup_state = result.backup_state();
        let amr = kinds(result.backup_eligible(), result.user_verified());
        let state = encode(&factor);
        if result.user_verified() { Answered::RightByOwner { state, amr } } else { Answered::Right { state, amr } }
    }

    fn begin_alone(&self, place: &Place) -> Option<Challenge> {
        let (options, state) = self.challenge(place, Vec::new())?;
        let pending = encode(&Checking { options: None, state });
        Some(Challenge { pending, life: LIFE, ceremony: Ceremony::Get(json(&options)) })
    }

    fn claimed(&self, answer: &Answer) -> Option<Claimed> {
        let answer = read::<PublicKeyCredential>(answer)?;
        // Section 7.2 step 6: who was not known before must be named by the authenticator.
        let handle = Uuid::from_slice(answer.response.user_handle.as_deref()?).ok()?;
        Some(Claimed { user: UserId(handle), unique: answer.raw_id })
    }

    fn prompt(&self, _: &Context<'_>, state: Option<&[u8]>, pending: &[u8]) -> Prompt {
        if state.is_some() {
            let options =
                serde_json::from_slice::<Checking>(pending).ok().and_then(|pending| pending.options).as_ref().map(json);
            return Prompt { hint: "method-webauthn-ask", ceremony: options.map(Ceremony::Get), ..Prompt::default() };
        }
        let options = serde_json::from_slice::<Enrolling>(pending).ok().map(|pending| json(&pending.options));
        Prompt {
            hint: "method-webauthn-enrol",
            fields: vec![Field::LABEL],
            ceremony: options.map(Ceremony::Create),
            ..Prompt::default()
        }
    }

    fn describe(&self, _state: &[u8]) -> Description {
        Description::default()
    }
}

fn judge_rp_id(rp_id: &str, hosts: &[&str], problems: &mut Problems) {
    // What many sites share, such as `co.uk`, is nobody's own, and no browser takes it.
    if psl::domain_str(rp_id).is_none() && rp_id != "localhost" {
        problems.add(
            "methods.webauthn.rp_id",
            format!("{rp_id:?} is not a domain of one's own"),
            "write a domain, for example \"example.com\"",
        );
    }
    if let Some(host) = hosts.iter().find(|host| !covers(rp_id, host)) {
        problems.add(
            "methods.webauthn.rp_id",
            format!("{rp_id:?} is not a suffix of the host {host}"),
            "take a domain that all sites share, or set portal.url",
        );
    }
}

/// In the words of WebAuthn Level 3, section 5.8.7.
fn hints(written: &[String], problems: &mut Problems) -> Option<Vec<PublicKeyCredentialHints>> {
    let mut hints = Vec::new();
    for (n, hint) in written.iter().enumerate() {
        match serde_json::from_value(hint.as_str().into()) {
            Ok(hint) => hints.push(hint),
            Err(_) => problems.add(
                format!("methods.webauthn.hints[{n}]"),
                format!("{hint:?} is not known"),
                "write \"security-key\", \"client-device\" or \"hybrid\"",
            ),
        }
    }
    (!hints.is_empty()).then_some(hints)
}

/// RFC 8176: a credential that may be synchronised is kept by software, any other by hardware.
fn kinds(backup_eligible: bool, user_verified: bool) -> Vec<&'static str> {
    let mut amr = vec![if backup_eligible { "swk" } else { "hwk" }];
    if user_verified {
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

/// Both spellings of a credential's id say the same; the library looks at one of them.
fn is_one_key(id: &str, raw_id: &[u8], kind: &str) -> bool {
    kind == "public-key" && id == BASE64URL_NOPAD.encode(raw_id)
}

/// Section 6.1: without attested data and extensions, authenticator data is 37 bytes and nothing behind them. The
/// library reads what it knows and leaves the rest.
fn is_whole(data: &[u8]) -> bool {
    const ATTESTED: u8 = 1 << 6;
    const EXTENSIONS: u8 = 1 << 7;
    data.get(32).is_some_and(|flags| flags & ATTESTED == 0 && (flags & EXTENSIONS != 0 || data.len() == 37))
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
