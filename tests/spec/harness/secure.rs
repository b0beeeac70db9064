//! A client of TLS, made of a library, between the test and the gate: what the test sends to its tunnel in clear goes on
//! encrypted. So every other means of the bench speaks TLS as well.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::upstream::{Authority, Certificate, aside};

/// How a client comes.
#[derive(Clone)]
pub struct Client {
    to: SocketAddr,
    name: String,
    preamble: Vec<u8>,
    config: ClientConfig,
}

/// What a handshake came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shaken {
    pub protocol: Option<String>,
    /// The certificate that was shown, in DER.
    pub shown: Vec<u8>,
    pub resumed: bool,
}

impl Client {
    /// One that asks for this name, and believes this authority.
    pub fn new(to: SocketAddr, name: &str, authority: &Authority) -> Self {
        let config = Self::config(authority).with_no_client_auth();
        Self { to, name: name.to_owned(), preamble: Vec::new(), config }
    }

    fn config(
        authority: &Authority,
    ) -> tokio_rustls::rustls::ConfigBuilder<ClientConfig, tokio_rustls::rustls::client::WantsClientCert> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.der.clone()).expect("an authority");
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        builder.expect("versions that the provider has").with_root_certificates(roots)
    }

    /// The same with a certificate of its own.
    pub fn showing(mut self, authority: &Authority, own: &Certificate) -> Self {
        let config = Self::config(authority).with_client_auth_cert(own.chain.clone(), own.key.clone_key());
        self.config = config.expect("a certificate and its key");
        self
    }

    /// Without a word of which name it looks for.
    pub fn silent(mut self) -> Self {
        self.config.enable_sni = false;
        self
    }

    pub fn offering(mut self, protocols: &[&str]) -> Self {
        self.config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        self
    }

    /// Says this before anything else, in clear.
    pub fn after(mut self, preamble: &[u8]) -> Self {
        preamble.clone_into(&mut self.preamble);
        self
    }

    async fn connect(&self) -> std::io::Result<TlsStream<tokio::net::TcpStream>> {
        let mut stream = tokio::net::TcpStream::connect(self.to).await?;
        stream.write_all(&self.preamble).await?;
        let name = ServerName::try_from(self.name.clone()).expect("a name");
        TlsConnector::from(Arc::new(self.config.clone())).connect(name, stream).await
    }

    /// An address at which everything goes on through TLS. A handshake that fails ends the connection.
    pub fn tunnel(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        listener.set_nonblocking(true).expect("a socket can wait");
        let client = self.clone();
        aside(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket can be read");
            while let Ok((mut inner, _)) = listener.accept().await {
                let client = client.clone();
                tokio::spawn(async move {
                    let Ok(mut outer) = client.connect().await else { return };
                    let _ = tokio::io::copy_bidirectional(&mut inner, &mut outer).await;
                });
            }
        });
        address
    }

    /// A handshake and a request that nobody minds; why not, in the words of the library.
    pub fn shake(&self) -> Result<Shaken, String> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        runtime.block_on(async {
            let mut stream = self.connect().await.map_err(|error| error.to_string())?;
            // Within TLS 1.3 the last word on a client's certificate comes with the answer.
            let mut answer = [0; 1];
            stream
                .write_all(b"GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n")
                .await
                .map_err(|error| error.to_string())?;
            let read = tokio::io::AsyncReadExt::read(&mut stream, &mut answer).await;
            read.map_err(|error| error.to_string())?;
            let (_, session) = stream.get_ref();
            Ok(Shaken {
                protocol: session.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
                shown: session.peer_certificates().map(|chain| chain[0].to_vec()).unwrap_or_default(),
                resumed: session.handshake_kind() == Some(tokio_rustls::rustls::HandshakeKind::Resumed),
            })
        })
    }
}
