//! What a request costs the gate in each of its positions, in CPU time: in path, where it also forwards, in clear and over
//! TLS; asked by nginx; asked by Envoy, over gRPC. One gate, one session and one decision: what differs is how the gate
//! learns of the request, and what it does with its yes.

mod cpu;
mod house;
#[path = "../src/proxy/forward_auth/messages.rs"]
mod messages;
mod traffic;

use std::collections::HashMap;
use std::env;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;
use vestibule::proxy::{Entrance, Listener};

use cpu::{Asker, median};
use house::{Fallible, HOST, Player};
use messages::{Attributes, CheckRequest, CheckResponse, HttpRequest, HttpResponse, Request};
use traffic::Connection;

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 7;
/// Of one connection in one measurement: 12,800 of all.
const REQUESTS: usize = 200;
const TARGET: &str = "/wiki/Main_Page?action=view";
const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

fn main() -> Fallible<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["gate", upstream, folder, encrypted, nginx, envoy] => {
            let part = gate(upstream.parse()?, Path::new(folder), encrypted, nginx, envoy);
            runtime(1)?.block_on(part)
        }
        // Whatever `cargo bench` was told.
        _ => runtime(2)?.block_on(measure()),
    }
}

fn runtime(workers: usize) -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()
}

/// A gate that can be met in every position, with the certificate that lies in its folder.
async fn gate(upstream: SocketAddr, folder: &Path, encrypted: &str, nginx: &str, envoy: &str) -> Fallible<()> {
    let socket = TcpListener::bind(encrypted).await?;
    let listener = Listener { socket, entrance: Entrance { encrypted: true, proxied: false } };
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let written = format!(
        r#"
        listen.https = ["{encrypted}"]
        listen.certificates = [{{ cert_file = {certificate:?}, key_file = {key:?} }}]
        forward_auth.listen = ["{nginx}"]
        forward_auth.listen_grpc = ["{envoy}"]
        forward_auth.callers = ["127.0.0.1/32"]
        "#
    );
    house::gate(upstream, folder.join("data"), &written, vec![listener], |_| async { Ok(()) }).await
}

async fn measure() -> Fallible<()> {
    let upstream = traffic::application().await?.to_string();
    let folder = tempfile::tempdir()?;
    let authority = certify(folder.path())?;
    let [encrypted, nginx, envoy] = free_addresses()?;
    let place = folder.path().display().to_string();
    let gate =
        Player::start(&["gate", &upstream, &place, &encrypted.to_string(), &nginx.to_string(), &envoy.to_string()])?;

    let in_path = house::request(&gate.session, TARGET);
    let connector = TlsConnector::from(Arc::new(client(authority)?));
    let name = ServerName::try_from(HOST)?;
    let question = in_path.replace(
        &format!("GET {TARGET} HTTP/1.1\r\nHost: {HOST}\r\n"),
        &format!(
            "GET /.vestibule/auth/nginx HTTP/1.1\r\nHost: {nginx}\r\nX-Original-Method: GET\r\n\
             X-Original-URL: http://{HOST}{TARGET}\r\nX-Forwarded-For: 192.0.2.7\r\n"
        ),
    );
    let channel = Endpoint::from_shared(format!("http://{envoy}"))?.connect().await?;
    let call = told(&in_path);
    let (mut clear, mut tls, mut by_nginx, mut by_envoy) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..CONNECTIONS {
        let open = |to| Connection::open(Ipv4Addr::LOCALHOST, to);
        clear.push(Visitor { connection: open(gate.address).await?, request: in_path.clone() });
        let stream = connector.connect(name.clone(), TcpStream::connect(encrypted).await?).await?;
        tls.push(Visitor { connection: Connection::over(stream), request: in_path.clone() });
        by_nginx.push(Nginx { connection: open(nginx).await?, question: question.clone() });
        // One connection for all: so Envoy does it.
        by_envoy.push(Envoy { channel: channel.clone(), call: call.clone() });
    }

    let mut spent: [Vec<f64>; 4] = Default::default();
    for round in 0..=ROUNDS {
        let costs = [
            cpu::of_each(gate.id(), &mut clear, REQUESTS).await?,
            cpu::of_each(gate.id(), &mut tls, REQUESTS).await?,
            cpu::of_each(gate.id(), &mut by_nginx, REQUESTS).await?,
            cpu::of_each(gate.id(), &mut by_envoy, REQUESTS).await?,
        ];
        if round == 0 {
            continue; // Caches, connections to the application, the first assertion.
        }
        let [clear, tls, nginx, envoy] = costs;
        println!("round {round}: in path {clear:.1} µs, over TLS {tls:.1} µs, nginx {nginx:.1} µs, gRPC {envoy:.1} µs");
        spent.iter_mut().zip(costs).for_each(|(all, one)| all.push(one));
    }
    let [clear, tls, nginx, envoy] = spent.map(median);
    println!("positions: in path over TLS/in clear = {:.2} (medians of {ROUNDS})", tls / clear);
    println!("positions: asked by nginx/in path = {:.2}", nginx / clear);
    println!("positions: asked over gRPC/in path = {:.2}", envoy / clear);
    Ok(())
}

/// Puts a certificate for the site, and its key, into the folder; gives the certificate.
fn certify(folder: &Path) -> Fallible<CertificateDer<'static>> {
    let certified = rcgen::generate_simple_self_signed([HOST.to_owned()])?;
    std::fs::write(folder.join("certificate.pem"), certified.cert.pem())?;
    std::fs::write(folder.join("key.pem"), certified.signing_key.serialize_pem())?;
    Ok(certified.cert.der().clone())
}

/// Who believes this certificate, and speaks HTTP/1.1.
fn client(authority: CertificateDer<'static>) -> Fallible<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Addresses that nobody listens at, a moment ago.
fn free_addresses<const N: usize>() -> io::Result<[SocketAddr; N]> {
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    let held: Vec<_> = addresses.iter().map(std::net::TcpListener::bind).collect::<io::Result<_>>()?;
    for (address, listener) in addresses.iter_mut().zip(&held) {
        *address = listener.local_addr()?;
    }
    Ok(addresses)
}

/// What Envoy says of this request.
fn told(request: &str) -> CheckRequest {
    let fields = request.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers: HashMap<String, String> =
        fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let http = HttpRequest {
        method: "GET".to_owned(),
        headers,
        path: TARGET.to_owned(),
        host: HOST.to_owned(),
        scheme: "http".to_owned(),
        header_map: None,
    };
    CheckRequest { attributes: Some(Attributes { source: None, request: Some(Request { http: Some(http) }) }) }
}

/// A browser, which gets its page.
struct Visitor {
    connection: Connection,
    request: String,
}

impl Asker for Visitor {
    async fn ask(&mut self) -> io::Result<()> {
        self.connection.page(&self.request).await
    }
}

struct Nginx {
    connection: Connection,
    question: String,
}

impl Asker for Nginx {
    async fn ask(&mut self) -> io::Result<()> {
        let answer = self.connection.ask(&self.question).await?;
        if answer.status == 200 { Ok(()) } else { Err(io::Error::other(answer.head)) }
    }
}

struct Envoy {
    channel: Channel,
    call: CheckRequest,
}

impl Asker for Envoy {
    async fn ask(&mut self) -> io::Result<()> {
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client.ready().await.map_err(io::Error::other)?;
        let call = tonic::Request::new(self.call.clone());
        let codec = ProstCodec::<CheckRequest, CheckResponse>::default();
        let answer = client.unary(call, CHECK.parse().map_err(io::Error::other)?, codec).await;
        let answer = answer.map_err(io::Error::other)?.into_inner();
        match answer.http_response {
            Some(HttpResponse::Ok(_)) => Ok(()),
            _ => Err(io::Error::other(format!("{answer:?}"))),
        }
    }
}
