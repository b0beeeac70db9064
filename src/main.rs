//! The binary: a command line and an exit code.

fn main() -> std::process::ExitCode {
    vestibule::cli::main()
}
