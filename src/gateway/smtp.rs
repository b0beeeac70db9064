//! Mail by SMTP (RFC 5321): over TLS with a verified certificate, from the first byte or by a STARTTLS that is required
//! (RFC 8314), never in clear except to this machine. A message becomes one mail of plain text to one mailbox; nothing in
//! it can become a header or another receiver.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use lettre::address::Address;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, response::Response};
use url::Host;

use super::provider::{is_loopback, some_time};
use super::{Delivery, Gateway, Message, Receiver, files};
use crate::clock::Clock;
use crate::config::GatewayKind;
use crate::error::Problems;

/// How long a server that took a mail is given to say goodbye.
const GOODBYE: Duration = Duration::from_millis(500);

pub struct SmtpGateway {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<Credentials>,
    from: Mailbox,
    /// How we name ourselves.
    hello: ClientId,
    timeout: Duration,
    clock: Arc<dyn Clock>,
}

enum Encryption {
    Tls(TlsParameters),
    StartTls(TlsParameters),
    /// To this machine alone.
    None,
}

impl SmtpGateway {
    /// The gateway of the section `key`; `None` when problems were added.
    pub fn build(key: &str, written: &GatewayKind, clock: Arc<dyn Clock>, problems: &mut Problems) -> Option<Self> {
        let host = host(&format!("{key}.host"), &written.host, problems);
        let from = written.from.parse::<Mailbox>().map_err(|_| {
            problems.add(format!("{key}.from"), "is no sender", "write one such as \"Wiki <login@example.com>\"");
        });
        let usual = if written.encryption == "starttls" { 587 } else { 465 };
        let port = u16::try_from(written.port).map(|port| if port == 0 { usual } else { port }).map_err(|_| {
            problems.add(format!("{key}.port"), format!("{} is no port", written.port), "write one up to 65535");
        });
        let in_time = some_time(key, written.timeout.0, problems);
        let credentials = credentials(key, written, problems);
        let encryption = host.as_deref().and_then(|host| encryption(key, written, host, problems));
        let from = from.ok()?;
        let hello = ClientId::Domain(from.email.domain().to_owned());
        let gateway = Self {
            host: host?,
            port: port.ok()?,
            encryption: encryption?,
            credentials: credentials?,
            from,
            hello,
            timeout: written.timeout.0,
            clock,
        };
        in_time.then_some(gateway)
    }

    /// The whole mail, or why there can be none.
    fn compose(&self, message: &Message) -> Result<lettre::Message, &'static str> {
        let Receiver::Mailbox(to) = &message.to else { return Err("smtp sends to mailboxes") };
        let to: Address = to.parse().map_err(|_| "the receiver is no mailbox")?;
        // The library encodes a line break in a subject; one that has any is not ours.
        if message.subject.chars().any(char::is_control) {
            return Err("the subject is no line");
        }
        let seconds = u64::try_from(self.clock.wall().secs()).unwrap_or_default();
        // RFC 3834 section 5: no holiday notices in answer to this.
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(message.subject.clone())
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .raw_header(automatic)
            .header(ContentType::TEXT_PLAIN)
            .body(message.text.expose().clone())
            .map_err(|_| "the mail cannot be written")
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let wrapped = match &self.encryption {
            Encryption::Tls(tls) => Some(tls.clone()),
            Encryption::StartTls(_) | Encryption::None => None,
        };
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.timeout), &self.hello, wrapped, None).await?;
        if let Encryption::StartTls(tls) = &self.encryption {
            // An error where the server does not offer it: somebody between us may have cut the offer out.
            connection.starttls(tls.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    /// Whether the mail was taken, and the connection that is still open.
    async fn deliver(&self, mail: &lettre::Message) -> Result<(AsyncSmtpConnection, Result<Response, Error>), Error> {
        let mut connection = match self.connect().await {
            // Nothing of the mail was sent yet, so that a second attempt cannot deliver twice; an answer is no failure of
            // the connection.
            Err(error) if error.status().is_none() => self.connect().await?,
            first => first?,
        };
        let sent = connection.send(mail.envelope(), &mail.formatted()).await;
        Ok((connection, sent))
    }
}

#[async_trait]
impl Gateway for SmtpGateway {
    fn kind(&self) -> &'static str {
        "smtp"
    }

    async fn send(&self, message: &Message) -> Delivery {
        let mail = match self.compose(message) {
            Ok(mail) => mail,
            Err(why) => return Delivery::Refused(why.to_owned()),
        };
        match tokio::time::timeout(self.timeout, self.deliver(&mail)).await {
            Err(_) => Delivery::Failed("no answer in time".to_owned()),
            Ok(Err(error)) => Delivery::Failed(reason(&error)),
            Ok(Ok((_, Err(error)))) if error.is_permanent() => Delivery::Refused(reason(&error)),
            Ok(Ok((_, Err(error)))) => Delivery::Failed(reason(&error)),
            Ok(Ok((mut connection, Ok(_)))) => {
                // It is taken, whatever becomes of the goodbye.
                let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
                Delivery::Accepted
            }
        }
    }
}

impl fmt::Debug for SmtpGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpGateway").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

/// What may be logged: a server's own words may name the receiver.
fn reason(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_response() => "the mail server's answer makes no sense".to_owned(),
        None => error.to_string(),
    }
}

fn host(key: &str, text: &str, problems: &mut Problems) -> Option<String> {
    // An IPv6 address may stand in brackets, as in a URL, or without.
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<std::net::IpAddr>().is_ok() || matches!(Host::parse(text), Ok(Host::Domain(_))) {
        return Some(bare.to_owned());
    }
    problems.add(key, "is no host", "name the mail server, such as \"mail.example.com\"");
    None
}

fn credentials(key: &str, written: &GatewayKind, problems: &mut Problems) -> Option<Option<Credentials>> {
    if written.user.is_empty() {
        if !written.password_file.is_empty() {
            problems.add(format!("{key}.user"), "is not set", "name the user of password_file");
            return None;
        }
        return Some(None);
    }
    let what = format!("the password of {}", written.user);
    let password = files::secret(&format!("{key}.password_file"), &written.password_file, &what, 1, problems)?;
    Some(Some(Credentials::new(written.user.clone(), password.expose().clone())))
}

fn encryption(key: &str, written: &GatewayKind, host: &str, problems: &mut Problems) -> Option<Encryption> {
    let authorities = files::authorities(&format!("{key}.ca_file"), &written.ca_file, problems)?;
    let tls = |problems: &mut Problems| {
        let builder = TlsParameters::builder(host.to_owned());
        let builder = match authorities.is_empty() {
            true => Ok(builder),
            false => Certificate::from_pem(&authorities)
                .map(|ca| builder.certificate_store(CertificateStore::None).add_root_certificate(ca)),
        };
        let remedy = "install the system's CA certificates, or name the server's CA in ca_file";
        let refused =
            |error: Error| problems.add(format!("{key}.ca_file"), format!("TLS cannot be set up: {error}"), remedy);
        builder.and_then(|builder| builder.build_rustls()).map_err(refused).ok()
    };
    let bare = host.parse().map_or(Host::Domain(host), |address| match address {
        std::net::IpAddr::V4(v4) => Host::Ipv4(v4),
        std::net::IpAddr::V6(v6) => Host::Ipv6(v6),
    });
    match written.encryption.as_str() {
        "tls" => tls(problems).map(Encryption::Tls),
        "starttls" => tls(problems).map(Encryption::StartTls),
        "none" if is_loopback(&bare) => Some(Encryption::None),
        "none" => {
            problems.add(format!("{key}.encryption"), "would send codes in clear", "write \"tls\" or \"starttls\"");
            None
        }
        other => {
            let remedy = "write \"tls\" or \"starttls\"";
            problems.add(format!("{key}.encryption"), format!("{other:?} is not known"), remedy);
            None
        }
    }
}

#[cfg(test)]
mod tests;
