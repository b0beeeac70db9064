//! Access rules as a table, in the order the gate reads them: what is asked for, `if` it comes so, `=>` the policy,
//! `with` what else it takes. `_` is every path.

/// ```text
/// rules! {
///     "/public/**" => "bypass",
///     "/api/**" if http_methods = ["GET"] => "bypass",
///     "/admin/**" => "two_factor" with groups = ["admins"], max_age = "5m",
///     _ => "two_factor",
/// }
/// ```
/// is the same in TOML, a `[[site.rules]]` each, as a literal.
macro_rules! rules {
    ($($(_)? $($path:literal)? $(if $($when:ident = $comes:tt),+)? => $policy:literal $(with $($key:ident = $wants:tt),+)?),+ $(,)?) => {
        concat!($(
            "[[site.rules]]\n",
            $("path = \"", $path, "\"\n",)?
            $($(stringify!($when), " = ", stringify!($comes), "\n",)+)?
            "policy = \"", $policy, "\"\n",
            $($(stringify!($key), " = ", stringify!($wants), "\n",)+)?
        )+)
    };
}
