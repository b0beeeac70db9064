//! What may be typed. The doc comment of a command or an option is its help.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

/// What all commands have stands behind what each has of its own.
const COMMON: &str = "Common options";

/// A gatekeeper: an in-path proxy with its own two-factor login.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, propagate_version = true, disable_help_subcommand = true)]
pub struct Line {
    /// The configuration file. Default: $VESTIBULE_CONFIG, then vestibule.toml here, then /etc/vestibule/vestibule.toml.
    #[arg(long, global = true, value_name = "FILE", help_heading = COMMON)]
    pub config: Option<PathBuf>,
    /// The data folder, where there is no configuration file: of `serve --upstream`, and of every command to such a gate.
    /// `demo` keeps users and keys in it; its default is a fresh one, removed at the end.
    #[arg(long, global = true, value_name = "DIR", help_heading = COMMON)]
    pub data: Option<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long, global = true, help_heading = COMMON)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show everything in one process, in front of a sample application.
    Demo {
        /// Where to listen. A port that is taken: the next ten are tried.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
    },
    /// Run the server.
    Serve(Serve),
    /// Write a commented configuration and its sealing key.
    Init {
        /// Where to; it is made if it is not there.
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
    },
    /// Read the whole configuration and report every problem at once.
    Check,
    /// Test a running set-up from outside: name, TLS, our pages, cookies, forwarded headers, clock. On the gate's machine
    /// it also tells what the gate makes of a request.
    Doctor {
        /// The address people use, of a page that needs a login.
        url: String,
        /// An address of the application that nobody should reach: host and port.
        #[arg(long, value_name = "ADDR")]
        direct: Option<String>,
    },
    /// Tell which site and rule decide a request, and how.
    Explain(Explain),
    /// Check an assertion (on standard input) as an application should.
    Verify(Verify),
    /// Show what happened.
    Audit {
        /// Only rows about this user.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// Only rows after this moment (2026-01-31T12:00:00Z), or not older than this (2h).
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Only rows of this request: the id that our pages and the log show.
        #[arg(long, value_name = "ID")]
        request: Option<String>,
        /// Go on with new rows until interrupted.
        #[arg(long)]
        follow: bool,
    },
    /// Users.
    #[command(subcommand)]
    User(User),
    /// Second factors.
    #[command(subcommand)]
    Factor(Factor),
    /// Sessions.
    #[command(subcommand)]
    Session(Session),
    /// Browsers that users signed in with, and those they trust.
    #[command(subcommand)]
    Browser(Browser),
    /// Keys.
    #[command(subcommand)]
    Keys(Key),
    /// Where the applications are: how each upstream is, and taking one out.
    #[command(subcommand)]
    Upstream(Upstream),
    /// Ask a running server whether it is well, and where it listens.
    Health,
    /// Print every configuration key with its meaning and default.
    Reference,
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Without a file: the one application behind it.
    #[arg(long, value_name = "URL")]
    pub upstream: Option<String>,
    /// Without a file: the address people use.
    #[arg(long, value_name = "URL", requires = "upstream")]
    pub url: Option<String>,
    /// Without a file: where to listen.
    #[arg(long, value_name = "ADDR", requires = "upstream")]
    pub listen: Option<String>,
    /// Start although keys and passkeys were enrolled under another address and will not work any more.
    #[arg(long)]
    pub accept_rp_change: bool,
}

impl Line {
    /// A common option that this command would take and do something else than it says, with what to do instead. Options
    /// that only change nothing (which file, where none is read) may stay, for those who always name it.
    pub fn misleading(&self) -> Option<(&'static str, &'static str)> {
        const FOLDER: &str = "leave it out, and name the folder: vestibule init DIR";
        const TEXT: &str = "leave it out: what this prints is text";
        let (config, data, json) = match &self.command {
            Command::Init { .. } => (Some(FOLDER), Some(FOLDER), Some(TEXT)),
            Command::Demo { .. } => (Some("leave it out: a demo makes its own configuration"), None, Some(TEXT)),
            Command::Serve(_) => (None, None, Some("leave it out, and set log.format = \"json\"")),
            Command::Reference | Command::Completions { .. } => (None, None, Some(TEXT)),
            _ => (None, None, None),
        };
        let given = [
            ("--config", self.config.is_some(), config),
            ("--data", self.data.is_some(), data),
            ("--json", self.json, json),
        ];
        given.into_iter().find_map(|(flag, is_given, instead)| Some((flag, instead.filter(|_| is_given)?)))
    }
}

#[derive(Debug, Args)]
pub struct Explain {
    /// The absolute address, as in the browser.
    pub url: String,
    /// Who asks; default: nobody.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// By which HTTP method.
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    pub http_method: String,
    /// Where from.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub address: IpAddr,
    /// A name in the client certificate that is shown: cn:…, dns:…, email:… or uri:…
    #[arg(long = "certificate", value_name = "NAME")]
    pub certificates: Vec<String>,
    /// How far signed in. Default: stranger, or verified with --user.
    #[arg(long, requires = "user")]
    pub level: Option<Level>,
    /// A second factor that was used, by its method.
    #[arg(long = "factor", value_name = "METHOD")]
    pub factors: Vec<String>,
    /// How old the proofs are.
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    pub age: String,
    /// A trusted browser stands in for the second factor.
    #[arg(long)]
    pub trusted: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Level {
    Stranger,
    Known,
    Verified,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// `-`: the assertion is read from standard input.
    #[arg(value_parser = ["-"])]
    pub token: String,
    /// The key set: a file, or the address of jwks.json.
    #[arg(long, value_name = "URL|FILE")]
    pub jwks: String,
    /// Whom it must be for: the site's audience.
    #[arg(long)]
    pub audience: String,
    /// Who must have made it.
    #[arg(long)]
    pub issuer: String,
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a user and print a one-time invitation, in which the user sets password and second factor.
    Add {
        /// What the user signs in with, fixed for life: 1 to 64 characters of a-z, 0-9 and . _ @ + -
        name: String,
        /// The user's mail address.
        #[arg(long, value_name = "E")]
        email: Option<String>,
        /// What people call the user.
        #[arg(long = "name", value_name = "N")]
        display_name: Option<String>,
        /// A group the user is in; may be given several times.
        #[arg(long = "group", value_name = "G")]
        groups: Vec<String>,
        /// Give out a name that a removed user had.
        #[arg(long)]
        reuse_name: bool,
        /// Set the password, read from standard input, instead of an invitation.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Take users over from another program, with their password hashes: name:hash or name:hash:address, a user a line.
    /// bcrypt, sha512-crypt, apr1 and Argon2id are taken; those who are there already are left as they are.
    Import {
        /// What the other program wrote.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Make an invitation for each, and write them into this new file.
        #[arg(long, value_name = "OUT")]
        invitations: Option<PathBuf>,
        /// Send the invitations of those who have an address by mail.
        #[arg(long)]
        mail: bool,
        /// Judge the whole file and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// List all users.
    List,
    /// Show one user.
    Show {
        /// The user's name.
        name: String,
    },
    /// Change what is known of a user; an empty text takes it away.
    #[command(group(ArgGroup::new("change").required(true).multiple(true)))]
    Set {
        /// The user's name.
        name: String,
        /// The user's mail address.
        #[arg(long, value_name = "E", group = "change")]
        email: Option<String>,
        /// What people call the user.
        #[arg(long = "name", value_name = "N", group = "change")]
        display_name: Option<String>,
        /// All groups of the user; what is not named is left.
        #[arg(long = "group", value_name = "G", group = "change")]
        groups: Vec<String>,
        /// Leave all groups.
        #[arg(long, conflicts_with = "groups", group = "change")]
        no_groups: bool,
    },
    /// Let a user in no more, and end all sessions.
    Disable {
        /// The user's name.
        name: String,
    },
    /// Let a disabled user in again.
    Enable {
        /// The user's name.
        name: String,
    },
    /// Remove a user, with factors and sessions. The name is not given out again by accident.
    Remove {
        /// The user's name.
        name: String,
    },
    /// Set a password, read from standard input.
    Password {
        /// The user's name.
        name: String,
        /// The default; there is no other way.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Open an account that too many wrong answers closed.
    Unlock {
        /// The user's name.
        name: String,
    },
    /// Print a new invitation for a user who has no factor yet.
    Invite {
        /// The user's name.
        name: String,
    },
    /// Remove factors, known browsers and sessions, and print an invitation.
    Reset {
        /// The user's name.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Factor {
    /// List a user's factors.
    List {
        /// The user's name.
        name: String,
    },
    /// Remove a factor.
    Remove {
        /// The user's name.
        name: String,
        /// The factor, as `factor list` shows it.
        id: String,
    },
    /// Add a factor, and print its otpauth:// address once.
    Add {
        /// The user's name.
        name: String,
        /// What kind of factor.
        #[arg(value_parser = ["totp"])]
        method: String,
        /// Read the secret (base32) from standard input instead of making one.
        #[arg(long)]
        secret_stdin: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Session {
    /// List sessions: all, or one user's.
    List {
        /// The user's name.
        name: Option<String>,
    },
    /// End sessions: one, all of a user, or all.
    End {
        /// A user's name, or a session as `session list` shows it.
        #[arg(value_name = "NAME|ID", required_unless_present = "all")]
        which: Option<String>,
        /// Everybody's.
        #[arg(long, conflicts_with = "which")]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Browser {
    /// List a user's browsers, and until when one is trusted.
    List {
        /// The user's name.
        name: String,
    },
    /// Forget browsers of a user: one, or all. Whoever signed in by trusting one is signed out.
    End {
        /// The user's name.
        name: String,
        /// A browser, as `browser list` shows it.
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// All browsers of the user.
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// List the signing keys.
    List,
    /// Make a new key.
    Rotate {
        /// Which key.
        #[arg(value_parser = ["signing"])]
        which: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Upstream {
    /// List the upstreams of all sites, with their state and the requests under way.
    List,
    /// Send no new requests to an upstream; those under way finish. Until it is resumed or the server starts again.
    Drain {
        /// The upstream, as `upstream list` shows it.
        #[arg(value_name = "URL")]
        upstream: String,
    },
    /// Send requests to a drained upstream again.
    Resume {
        /// The upstream, as `upstream list` shows it.
        #[arg(value_name = "URL")]
        upstream: String,
    },
}
