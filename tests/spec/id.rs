//! The identity an application is given: only the gate can make it, for one audience, for a minute; and whoever verifies
//! as the samples do believes nothing else. Each forgery is shown to two verifiers: `vestibule verify` and PyJWT.

use std::io::Write;
use std::process::{Command, Stdio};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};

use crate::harness::{Echo, Gate, User};
use crate::walk::verified;

/// A gate whose clock says what the machine's does, so that a verifier of another house finds assertions fresh.
fn bench() -> (Echo, Gate, User) {
    let echo = Echo::start();
    let rules = rules! { "/open" => "bypass", _ => "two_factor" };
    let gate = Gate::before(&echo).rules(rules).start();
    let machine = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    gate.advance(machine.saturating_sub(u64::try_from(gate.control.now() / 1000).expect("after 1970")));
    let alice = gate.given_user("alice");
    echo.forget();
    (echo, gate, alice)
}

/// An assertion as the application gets it.
fn assertion(echo: &Echo, gate: &Gate, user: &User) -> String {
    assert_eq!(gate.visitor().sign_in(user, "/").status, 200);
    echo.last().field("vestibule-assertion").expect("an assertion").to_owned()
}

/// The published keys, in a file.
fn keys(gate: &Gate) -> String {
    let keys = gate.visitor().script("GET", "/.vestibule/jwks.json").send();
    assert_eq!(keys.status, 200);
    kept(gate, "jwks.json", &keys.html())
}

fn kept(gate: &Gate, name: &str, text: &str) -> String {
    let file = gate.folder.path().join(name);
    std::fs::write(&file, text).expect("the folder can be written");
    file.display().to_string()
}

/// Whether the command line believes it.
fn believed(gate: &Gate, token: &str, keys: &str, audience: &str, issuer: &str) -> bool {
    let said = gate.cli_with(&["verify", "-", "--jwks", keys, "--audience", audience, "--issuer", issuer], token);
    assert!(matches!(said.code, 0 | 1), "{} {}", said.code, said.err);
    assert!(!said.err.contains(token) || token.is_empty(), "a token is not printed");
    said.code == 0
}

/// The program for Python that the documents show, word for word.
fn sample() -> &'static str {
    const PAGE: &str = include_str!("../../docs/applications.md");
    let (_, rest) = PAGE.split_once("<!-- test:python-verify -->\n```python\n").expect("the page has the sample");
    rest.split_once("```").expect("which ends").0
}

/// Whether PyJWT does, used as the page says.
fn python_believes(token: &str, keys: &str, audience: &str, issuer: &str) -> Option<Value> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "/usr/bin/python3".to_owned());
    let mut child = Command::new(python)
        .args(["-c", sample()])
        .envs([("GATE_ISSUER", issuer), ("GATE_AUDIENCE", audience), ("GATE_JWKS", &format!("file://{keys}"))])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python is there: make test installs it");
    child.stdin.take().expect("a pipe").write_all(token.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || errors.starts_with("refused: "), "{errors}");
    output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("claims"))
}

fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("three parts")
}

fn encoded(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}

/// A signer of the test's own, with its key set.
struct Forger(SigningKey);

impl Forger {
    fn new() -> Self {
        Self(SigningKey::from_slice(&[7; 32]).expect("a number is a key"))
    }

    fn keys(&self) -> String {
        let point = self.0.verifying_key().to_sec1_point(false);
        let [x, y] = [&point.as_bytes()[1..33], &point.as_bytes()[33..]].map(|part| BASE64URL_NOPAD.encode(part));
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "ours", "x": x, "y": y }] })
            .to_string()
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let signature: Signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
    }
}

/// ID-01, ID-02, ID-07: no algorithm but the one, no signature but the gate's.
#[test]
fn id_01_only_the_gates_signature_is_believed() {
    let (echo, gate, alice) = bench();
    let token = assertion(&echo, &gate, &alice);
    let (keys, origin) = (keys(&gate), gate.origin.as_str());
    let [header, claims, signature] = parts(&token);
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    assert!(believed(&gate, &token, &keys, origin, origin), "the honest one");
    assert_eq!(python_believes(&token, &keys, origin, origin).expect("the honest one")["preferred_username"], "alice");

    let mut forged = Vec::new();
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let header = encoded(&json!({ "alg": none, "typ": "JWT", "kid": kid }).to_string());
        forged.push(format!("{header}.{claims}."));
        forged.push(format!("{header}.{claims}.{signature}"));
    }
    // The public key, in each form that it has, as a shared secret.
    let set: Value = serde_json::from_str(&std::fs::read_to_string(&keys).unwrap()).unwrap();
    let key = set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid.as_str()).unwrap();
    let point: Vec<u8> = ["x", "y"]
        .iter()
        .flat_map(|member| BASE64URL_NOPAD.decode(key[member].as_str().unwrap().as_bytes()).unwrap())
        .collect();
    for secret in
        [point.clone(), [&[4], point.as_slice()].concat(), key.to_string().into_bytes(), set.to_string().into_bytes()]
    {
        let header = encoded(&json!({ "alg": "HS256", "typ": "JWT", "kid": kid }).to_string());
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&secret).unwrap();
        mac.update(format!("{header}.{claims}").as_bytes());
        forged.push(format!("{header}.{claims}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes())));
    }
    // Cut, changed, empty, zero; another's signature; other claims under this one.
    forged.push(format!("{header}.{claims}."));
    forged.push(format!("{header}.{claims}"));
    forged.push(format!("{header}.{claims}.{}", &signature[..signature.len() - 4]));
    forged.push(format!("{header}.{claims}.{}", BASE64URL_NOPAD.encode(&[0; 64])));
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    forged.push(format!("{header}.{claims}.{flipped}{}", &signature[1..]));
    let text = String::from_utf8(BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap();
    forged.push(format!("{header}.{}.{signature}", encoded(&text.replace("alice", "admin"))));
    let own = Forger::new();
    forged.push(own.sign(&json!({ "alg": "ES256", "typ": "JWT", "kid": kid }).to_string(), &text));
    forged.push(own.sign(&json!({ "alg": "ES256", "typ": "JWT", "kid": "ours" }).to_string(), &text));
    let own_set: Value = serde_json::from_str(&own.keys()).unwrap();
    let own_key = &own_set["keys"][0];
    forged.push(own.sign(&json!({ "alg": "ES256", "typ": "JWT", "kid": kid, "jwk": own_key }).to_string(), &text));
    forged.push(String::new());
    forged.push("..".to_owned());
    for token in &forged {
        assert!(!believed(&gate, token, &keys, origin, origin), "{token}");
    }
    // Python starts slowly: one of each kind.
    for token in [&forged[0], &forged[1], &forged[10], &forged[13], &forged[17], &forged[19], &forged[21]] {
        assert!(python_believes(token, &keys, origin, origin).is_none(), "{token}");
    }
}

/// ID-03, ID-04, ID-10, ID-16, ID-19: for one audience, from one issuer, within its minute, and said in one way only.
#[test]
fn id_03_every_claim_is_looked_at() {
    let (_echo, gate, _alice) = bench();
    let forger = Forger::new();
    let keys = kept(&gate, "ours.json", &forger.keys());
    let now = gate.control.now() / 1000;
    let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "ours" }).to_string();
    let good = json!({
        "iss": "https://gate.test", "aud": "https://app.test", "sub": "7", "iat": now, "exp": now + 60,
        "preferred_username": "alice", "amr": ["pwd", "otp"], "auth_time": now, "sid": "s", "jti": "j",
    });
    let with = |change: &dyn Fn(&mut Value)| {
        let mut claims = good.clone();
        change(&mut claims);
        forger.sign(&header, &claims.to_string())
    };
    let (audience, issuer) = ("https://app.test", "https://gate.test");
    let honest = with(&|_| {});
    assert!(believed(&gate, &honest, &keys, audience, issuer));
    assert!(python_believes(&honest, &keys, audience, issuer).is_some());
    assert!(
        believed(&gate, &with(&|claims| claims["exp"] = (now - 20).into()), &keys, audience, issuer),
        "clocks differ"
    );

    let mut refused =
        vec![("twice", forger.sign(&header, &good.to_string().replacen('{', "{\"sub\":\"8\",", 1)), false)];
    for claim in ["aud", "iss", "exp", "iat", "sub"] {
        refused.push((claim, with(&|claims| drop(claims.as_object_mut().unwrap().remove(claim))), true));
    }
    refused.push(("for another", with(&|claims| claims["aud"] = "https://other.test".into()), true));
    refused.push(("from another", with(&|claims| claims["iss"] = "https://other.test".into()), true));
    refused.push(("over", with(&|claims| claims["exp"] = (now - 61).into()), true));
    refused.push(("not yet", with(&|claims| claims["nbf"] = (now + 120).into()), true));
    refused.push(("of the future", with(&|claims| claims["iat"] = (now + 3600).into()), true));
    refused.push(("text for time", with(&|claims| claims["exp"] = "9999999999".into()), false));
    refused.push(("no text", with(&|claims| claims["aud"] = 7.into()), false));
    for (what, token, also_python) in &refused {
        assert!(!believed(&gate, token, &keys, audience, issuer), "{what}");
        if *also_python {
            assert!(python_believes(token, &keys, audience, issuer).is_none(), "{what} (Python)");
        }
    }
}

/// ID-03, ID-04, ID-10: what two applications get is not the same, and what one got is worth nothing soon after.
#[test]
fn id_03_an_assertion_is_for_one_application_and_one_minute() {
    let echo = Echo::start();
    let other = "[[site]]\nurl = \"http://other.localhost:PORT\"\nupstreams = [\"UPSTREAM\"]\n\
                 [[site.rules]]\npolicy = \"two_factor\"";
    let gate = Gate::before(&echo).config("[methods.webauthn]\nenabled = false").also(other).start();
    let alice = gate.given_user("alice");
    let first = assertion(&echo, &gate, &alice);
    let there = gate.origin.replace("localhost", "other.localhost");
    assert_eq!(gate.visitor_at(&there).sign_in(&alice, "/").status, 200);
    let second = echo.last().field("vestibule-assertion").unwrap().to_owned();
    let keys = keys(&gate);
    let claims = |token: &str| -> Value {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(parts(token)[1].as_bytes()).unwrap()).unwrap()
    };
    let issuer = |token: &str| claims(token)["iss"].as_str().unwrap().to_owned();
    assert_eq!(claims(&first)["aud"], gate.origin);
    assert_eq!(claims(&second)["aud"], there);
    assert!(believed(&gate, &second, &keys, &there, &issuer(&second)));
    assert!(!believed(&gate, &second, &keys, &gate.origin, &issuer(&second)));
    assert!(!believed(&gate, &first, &keys, &there, &issuer(&first)));
    assert!(claims(&first)["exp"].as_i64().unwrap() - claims(&first)["iat"].as_i64().unwrap() <= 60);
    gate.advance(91);
    assert!(!believed(&gate, &second, &keys, &there, &issuer(&second)), "a minute, and half for clocks");
}

/// ID-08: the published keys are public, cacheable, and there for everybody at both addresses; a new key is published
/// before it signs, and the old one as long as what it signed.
#[test]
fn id_08_keys_are_public_and_rotate_with_overlap() {
    let (echo, gate, alice) = bench();
    let first = assertion(&echo, &gate, &alice);
    for address in ["/.vestibule/jwks.json", "/.well-known/vestibule/jwks.json"] {
        let page = gate.visitor().script("GET", address).send();
        assert_eq!(page.status, 200);
        assert!(page.field("cache-control").is_some_and(|value| value.contains("max-age")), "{address}");
        assert!(page.field("set-cookie").is_none());
        for key in page.json()["keys"].as_array().unwrap() {
            let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
            assert!(
                members.iter().all(|member| ["kty", "crv", "alg", "use", "kid", "x", "y"].contains(member)),
                "{members:?}"
            );
        }
    }
    gate.run(["keys", "rotate", "signing"]);
    verified(&gate, &first);
    let second = assertion(&echo, &gate, &alice);
    verified(&gate, &second);
    verified(&gate, &first);
}

/// ID-12, ID-14: what people are called cannot become a claim or a header; and a bypass route is told nobody.
#[test]
fn id_12_names_are_values_and_nothing_else() {
    let (echo, gate, alice) = bench();
    let odd = "Al \"x\", \"admin\": true} \u{e9}\u{1f600} <b>, root";
    gate.run(["user", "set", "alice", "--name", odd, "--group", "team/a", "--group", "b"]);
    let claims = verified(&gate, &assertion(&echo, &gate, &alice));
    assert_eq!(claims["name"], odd);
    assert_eq!(claims["groups"], json!(["b", "team/a"]));
    assert!(claims.get("admin").is_none());
    let request = echo.last();
    assert_eq!(request.field("remote-groups"), Some("b,team/a"));
    assert_eq!(request.fields_named("remote-name").len(), 1);
    for group in ["a,b", "a\"b", "a\nb", "", "é"] {
        assert_ne!(gate.cli(["user", "set", "alice", "--group", group]).code, 0, "{group:?}");
    }
    // Whether such a name is taken or not, it makes no second header.
    gate.cli(["user", "set", "alice", "--name", "a\r\nRemote-Groups: admins\r\nX: \u{1b}[2J"]);
    let claims = verified(&gate, &assertion(&echo, &gate, &alice));
    assert_eq!(claims["groups"], json!(["b", "team/a"]));
    assert_eq!(echo.last().fields_named("remote-groups"), ["b,team/a"]);
    assert!(echo.last().field("x").is_none());
    let mut browser = gate.visitor();
    assert_eq!(browser.sign_in(&alice, "/").status, 200);
    echo.forget();
    assert_eq!(browser.goto("/open").status, 200);
    for name in ["vestibule-assertion", "remote-user", "remote-groups", "remote-name", "remote-email"] {
        assert!(echo.last().field(name).is_none(), "{name}");
    }
}
