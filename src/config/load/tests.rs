use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::config::Span;

fn layers(file: &str, environment: &[(&str, &str)], flags: &str) -> (TempDir, Source) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vestibule.toml");
    std::fs::write(&path, file).unwrap();
    let environment = environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    (folder, Source { file: Some(path), environment, flags: flags.to_owned() })
}

fn read(file: &str, environment: &[(&str, &str)], flags: &str) -> Result<Loaded, Problems> {
    let (_folder, source) = layers(file, environment, flags);
    load(&source)
}

/// One line a problem, in the order of the file; what does not come from it first.
fn told(result: Result<Loaded, Problems>) -> String {
    let problems = result.expect_err("this configuration is refused");
    let line = |problem: &Problem| problem.line.map(|line| format!("line {line}, ")).unwrap_or_default();
    let mut told: Vec<_> = problems.iter().collect();
    told.sort_by_key(|problem| (problem.line, problem.key.clone()));
    told.iter().map(|it| format!("{}{}: {}; {}\n", line(it), it.key, it.what, it.remedy)).collect()
}

#[test]
fn without_anything_the_defaults_are_in_force() {
    let source = Source { file: None, environment: Vec::new(), flags: String::new() };
    assert_eq!(load(&source).unwrap().written, Written::default());
}

#[test]
fn each_layer_is_stronger_than_the_one_before() {
    let file = "[session]\nidle = \"1m\"\nlifetime = \"1h\"\nlogin_timeout = \"1m\"\n";
    let environment = [("VESTIBULE_SESSION__IDLE", "2m"), ("VESTIBULE_SESSION__LIFETIME", "2h")];
    let written = read(file, &environment, "session.lifetime = \"3h\"").unwrap().written;
    assert_eq!(written.session.login_timeout, Span::secs(60));
    assert_eq!(written.session.idle, Span::secs(120));
    assert_eq!(written.session.lifetime, Span::secs(3 * 3600));
}

#[test]
fn text_from_the_environment_is_read_by_the_type_of_the_key() {
    let environment = [
        ("VESTIBULE_LISTEN__HTTP", r#"["127.0.0.1:1", "127.0.0.1:2"]"#),
        ("VESTIBULE_TRUST__PROXIES", "10.0.0.0/8, 192.168.0.0/16"),
        ("VESTIBULE_TRUST__ANYONE", "true"),
        ("VESTIBULE_PASSWORD__MEMORY", "64MiB"),
        ("VESTIBULE_PASSWORD__ITERATIONS", "3"),
        ("VESTIBULE_SESSION__COOKIE", "0123456789"),
        ("VESTIBULE_IDENTITY__ISSUER", "12"),
        ("VESTIBULE_GATEWAY__SMS__KIND", "console"),
        ("VESTIBULE_GATEWAY__SMS__TIMEOUT", "2s"),
        ("VESTIBULE_METHODS__TOTP__ENABLED", "false"),
        ("VESTIBULE_METHODS__TOTP__ISSUER", "0123"),
    ];
    let written = read("", &environment, "").unwrap().written;
    assert_eq!(written.listen.http, ["127.0.0.1:1", "127.0.0.1:2"]);
    assert_eq!(written.trust.proxies, ["10.0.0.0/8", "192.168.0.0/16"]);
    assert!(written.trust.anyone);
    assert_eq!(written.password.memory.0, 64 << 20);
    assert_eq!(written.password.iterations, 3);
    assert_eq!(written.session.cookie, "0123456789");
    assert_eq!(written.identity.issuer, "12");
    let sms = written.gateway.sms.unwrap();
    assert_eq!((sms.kind.as_str(), sms.timeout), ("console", Span::secs(2)));
    assert_eq!(written.methods["totp"], serde_json::json!({ "enabled": false, "issuer": "0123" }));
}

#[test]
fn a_file_is_not_read_as_leniently_as_the_environment() {
    let file = "[trust]\nanyone = \"true\"\nproxies = \"10.0.0.0/8\"\n[password]\niterations = \"3\"\n";
    insta::assert_snapshot!(told(read(file, &[], "")));
}

#[test]
fn ten_mistakes_are_told_in_one_go() {
    let file = r#"
[listen]
htpp = ["127.0.0.1:1"]
https = ["127.0.0.1:2"]

[session]
idle = 30
ceiling = "1m"

[password]
memory = "19 MB"
iterations = -1

[sesion]
idle = "1m"

[[site]]
url = 1
upstreams = ["http://127.0.0.1:3000", 7, "http://127.0.0.1:3001", 8]

[[site]]
url = "http://localhost"
headers = { usr = "X" }

  [[site.rules]]
  path = "/**"

  [[site.rules]]
  path_regexp = "^/$"
  policy = ["deny"]
"#;
    let environment = [("VESTIBULE_AUDIT__KEEP", "long"), ("VESTIBULE_AUDIT__KEPT", "1d")];
    insta::assert_snapshot!(told(read(file, &environment, "log.levle = 1")));
}

#[test]
fn a_list_is_not_taken_for_the_keys_of_a_table() {
    let file = "trust = [[], true]\n\n[[site]]\nrules = [[\"/\"], { headers = 1 }]\nheaders = [\"X\"]\n";
    insta::assert_snapshot!(told(read(file, &[("VESTIBULE_IDENTITY__HEADERS", "[\"X\"]")], "")));
}

#[test]
fn more_mistakes_than_anybody_reads_end_at_a_hundred() {
    let file: String = (0..300).map(|n| format!("key_{n} = 1\n")).collect();
    assert_eq!(read(&file, &[], "").unwrap_err().iter().count(), MOST_PROBLEMS);
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    insta::assert_snapshot!(told(read("[listen]\nhttp = [\"a\",\n\n[session]\n", &[], "")));
    insta::assert_snapshot!(told(read("[log]\nlevel = \"a\"\nlevel = \"b\"\n", &[], "")));
}

#[test]
fn a_file_that_is_not_there_or_too_large_is_refused() {
    let (folder, mut source) = layers("", &[], "");
    source.file = Some(folder.path().join("absent.toml"));
    let problems = load(&source).unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert!(problem.file.as_ref().unwrap().ends_with("absent.toml"));
    assert!(problem.what.starts_with("cannot be read"), "{problem}");

    let large = "#".repeat(usize::try_from(LARGEST_FILE).unwrap() + 1);
    assert!(told(read(&large, &[], "")).contains("larger than 4 MiB"));
}

#[test]
fn names_that_kubernetes_injects_are_not_configuration() {
    let environment = [
        ("VESTIBULE_PORT", "tcp://10.0.0.1:80"),
        ("VESTIBULE_SERVICE_HOST", "10.0.0.1"),
        ("VESTIBULE_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("VESTIBULE_CONFIG", "/etc/vestibule/vestibule.toml"),
        ("PATH", "/bin"),
    ];
    assert_eq!(read("", &environment, "").unwrap().written, Written::default());
}

#[test]
fn a_variable_that_is_no_key_is_refused_by_its_name() {
    let environment = [("VESTIBULE_SESSION__IDEL", "1m"), ("VESTIBULE_SITE__0__URL", "x"), ("VESTIBULE___", "x")];
    insta::assert_snapshot!(told(read("", &environment, "")));
}

#[test]
fn problems_that_parts_find_get_their_place() {
    let file =
        "[session]\nidle = \"1m\"\n\n[[site]]\nurl = \"http://a\"\n\n[[site]]\n\n  [[site.rules]]\n  policy = \"x\"\n";
    let loaded = read(file, &[("VESTIBULE_SESSION__LIFETIME", "1m")], "log.level = \"warn\"").unwrap();
    let mut problems = Problems::default();
    for key in [
        "site[1].rules[0].policy",
        "site[1].url",
        "session.idle",
        "session.lifetime",
        "log.level",
        "store.path",
        "upstream",
    ] {
        problems.add(key, "is wrong", "change it");
    }
    loaded.locate(&mut problems);
    let places: Vec<_> = problems.iter().map(|it| (it.key.as_str(), it.file.is_some(), it.line)).collect();
    assert_eq!(
        places,
        [
            ("site[1].rules[0].policy", true, Some(10)),
            ("site[1].url", true, Some(7)),
            ("session.idle", true, Some(2)),
            ("VESTIBULE_SESSION__LIFETIME", false, None),
            ("log.level", false, None),
            ("store.path", true, None),
            ("upstream", false, None),
        ]
    );
}

#[test]
fn the_file_is_looked_for_in_order_and_a_named_one_is_never_passed_over() {
    let find = |named: Option<&str>, variable: &str, there: &[&str]| {
        let environment = [("VESTIBULE_CONFIG".to_owned(), variable.to_owned())];
        let found =
            Source::find(named.map(PathBuf::from), &environment, |path| there.iter().any(|it| Path::new(it) == path));
        found.map(|path| path.display().to_string())
    };
    let (here, system) = ("vestibule.toml", "/etc/vestibule/vestibule.toml");
    assert_eq!(find(Some("absent"), "other", &[here, system]).as_deref(), Some("absent"));
    assert_eq!(find(None, "other", &[here, system]).as_deref(), Some("other"));
    assert_eq!(find(None, "", &[here, system]).as_deref(), Some(here));
    assert_eq!(find(None, "", &[system]).as_deref(), Some(system));
    assert_eq!(find(None, "", &[]), None);
}

#[test]
fn the_smallest_file_loads() {
    let source = Source { file: Some("config/vestibule.toml".into()), environment: Vec::new(), flags: String::new() };
    assert_eq!(load(&source).unwrap().written.site.len(), 1);
}

/// Text that looks enough like a configuration to get past the reader of TOML now and then.
fn anything() -> impl Strategy<Value = String> {
    let key =
        prop_oneof![Just("listen"), Just("http"), Just("site"), Just("rules"), Just("methods"), Just("url"), Just("x")];
    let value = prop_oneof![
        "[0-9]{1,25}",
        "-?[0-9]\\.[0-9]",
        "\"[a-z]{0,3}\"",
        Just("[1, {x = 2}]".to_owned()),
        Just("1979-05-27".to_owned())
    ];
    let line = prop_oneof![
        (key.clone(), value).prop_map(|(key, value)| format!("{key} = {value}\n")),
        (key.clone(), key.clone()).prop_map(|(one, two)| format!("[{one}.{two}]\n")),
        key.prop_map(|key| format!("[[{key}]]\n")),
        ".{0,8}\n",
    ];
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.concat())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(flags in anything(), name in "[A-Z_0-9]{0,20}", text in ".{0,20}") {
        let environment = vec![(format!("VESTIBULE_{name}"), text.clone()), ("VESTIBULE_LISTEN__HTTP".to_owned(), text)];
        if let Err(problems) = load(&Source { file: None, environment, flags }) {
            prop_assert!(!problems.is_empty());
        }
    }
}
