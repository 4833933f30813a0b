//! Every command that a page shows is run, in the order in which it stands there.
//!
//! The blocks of a page are one script of the shell, in a project of its own. `deskform` is the real
//! program and `git` is git. What stands for the rest:
//!
//! - who is asked by `apply` answers yes: without a terminal that is `--auto-approve`;
//! - who is asked by `auth login` gives the code of a simulated server, and an environment with
//!   `dataCenter: us` is that server, since no test reaches Zoho;
//! - `cargo install` is looked at and not carried out: it would build everything once more.
//!
//! Commands in running text are parsed by the program's own parser, and so are the lines for
//! PowerShell, which is on no machine that tests this: they must say the same as those for the shell.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use clap::Parser as _;
use deskform::cli::Cli;
use deskform::simulator::{DEMO_CLIENT_ID, DEMO_CLIENT_SECRET};

use crate::command::{DESK, Place, Server, words};
use crate::page::{Block, Page, page, pages};

/// Checks that the command line takes these words.
pub(crate) fn parse(line: &str) {
    let words = words(line);
    if let Err(error) = Cli::try_parse_from(&words)
        && error.use_stderr()
    {
        panic!("`{line}` is no command of deskform: {error}");
    }
}

/// The command of a line: without the comment behind it.
pub(crate) fn command_of(line: &str) -> &str {
    line.split(" #").next().unwrap_or(line).trim()
}

/// Lines that end with another code than 0: there the manifests have moved.
const CODES: &[(&str, &str, i32)] = &[
    ("docs/drift.md", "deskform drift", 2),
    (
        "docs/drift.md",
        "deskform drift --target departments/Billing",
        2,
    ),
    // The sandbox has moved on, and so have the files of the newest commit.
    ("docs/diff.md", "deskform diff sandbox production", 2),
    ("docs/diff.md", "deskform diff dir:. production", 2),
    (
        "docs/diff.md",
        "deskform diff git:main git:HEAD -e production",
        2,
    ),
];

/// What is done before the first line of a page, in the folder of a small project.
fn before(name: &str) -> &'static str {
    match name {
        // They begin with nothing.
        "README.md" | "docs/getting-started.md" => "rm desk.yaml deskform.yaml\n",
        // Somebody has edited a file after the last apply.
        "docs/drift.md" => "deskform apply\nsed -i s/Invoices/Bills/ desk.yaml\n",
        // Two changes were applied, and the ledger lies in the repository's remote.
        "docs/going-back.md" => {
            "printf 'environments:\\n  production: {simulator: {dialect: openapi}, ledger: git}\\n' > deskform.yaml
printf '.deskform/\\n' > .gitignore
git init --quiet --bare ../remote.git
git init --quiet
git remote add origin ../remote.git
git add .
git commit --quiet -m 'Begin'
deskform apply
sed -i s/Invoices/Bills/ desk.yaml
git commit --quiet -a -m 'Say what billing does'
deskform apply
"
        }
        // What a branch changes was applied to the sandbox alone.
        "docs/diff.md" => {
            "printf 'environments:\\n  sandbox: {simulator: {}}\\n  production: {simulator: {}}\\n' > deskform.yaml
printf '.deskform/\\n' > .gitignore
git init --quiet --initial-branch main
git add .
git commit --quiet -m 'Begin'
deskform -e production apply
git checkout --quiet -b bills
sed -i s/Invoices/Bills/ desk.yaml
git commit --quiet -a -m 'Say what billing does'
deskform -e sandbox apply
"
        }
        // Four environments were applied, and one of them under the name `prod`.
        "docs/environments.md" => {
            "for name in emea-north emea-south apac prod; do
  printf '  %s: {simulator: {dialect: openapi}}\\n' $name >> deskform.yaml
done
for name in local emea-north emea-south apac prod; do
  deskform -e $name apply
done
sed -i 's/^  prod:/  production:/' deskform.yaml
"
        }
        // A department that is live, and that nobody owns.
        "docs/ledger.md" => {
            "deskform apply --target departments/Billing
deskform ledger forget departments/Billing
deskform apply --target contacts/jane.doe@example.com
"
        }
        _ => "",
    }
}

/// What is done before one line.
const BEFORE: &[(&str, &str, &str)] = &[
    // An environment that was applied under another name.
    (
        "docs/ledger.md",
        "deskform ledger move staging",
        "rm -r .deskform
sed -i 's/^  local:/  staging:/' deskform.yaml
deskform apply
sed -i 's/^  staging:/  local:/' deskform.yaml
",
    ),
];

const PROJECT: &str = "environments:\n  local: {simulator: {dialect: openapi}}\n";

/// Programs by the names that the pages call them by.
fn programs(place: &Place) {
    let program = |name: &str, text: &str| {
        let path = place.root().join("bin").join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, format!("#!/bin/sh\n{text}")).expect("a program");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
    };
    program(
        "deskform",
        &format!(
            "deskform='{}'
case \" $* \" in
  *' auth login '*) printf '1000.deskform-simulator.code.700002\\n' | \"$deskform\" \"$@\"; exit ;;
  *' simulate '*) echo 'what serves does not end'; exit 98 ;;
  *' apply '*'.json '*|*' --auto-approve '*) ;;
  *' apply '*) set -- \"$@\" --auto-approve ;;
esac
exec \"$deskform\" \"$@\"
",
            env!("CARGO_BIN_EXE_deskform")
        ),
    );
    program("cargo", "test \"$*\" = 'install --locked --path .'\n");
}

/// The script of a page, and how many commands of the page it runs.
fn script(page: &Page, address: &str) -> (String, usize) {
    let mut script = format!("exec 2>&1\nset -e\n{}set +e\n", before(&page.name));
    let mut count = 0;
    for block in page.blocks() {
        let note = block.note.as_deref().and_then(|note| note.split_once(": "));
        if let Some((how @ ("file" | "append"), file)) = note {
            // The organization is a simulated one.
            let endpoint = format!("endpoint: {{desk: \"{address}\", accounts: \"{address}\"}}");
            let text = block.text.replace("dataCenter: us", &endpoint);
            let arrow = if how == "file" { ">" } else { ">>" };
            let _ = write!(script, "cat {arrow} {file} <<'END'\n{text}END\n");
        }
        if block.language != "sh" {
            continue;
        }
        for line in block.text.lines().map(command_of) {
            count += 1;
            let this = (page.name.as_str(), line);
            if let Some((.., shell)) = BEFORE.iter().find(|one| (one.0, one.1) == this) {
                let _ = write!(script, "set -e\n{shell}set +e\n");
            }
            let code = CODES.iter().find(|one| (one.0, one.1) == this);
            let code = code.map_or(0, |one| one.2);
            let line = line
                .replace("CLIENT_ID=…", &format!("CLIENT_ID={DEMO_CLIENT_ID}"))
                .replace("SECRET=…", &format!("SECRET={DEMO_CLIENT_SECRET}"));
            let _ = write!(
                script,
                "cat <<'END'\n$ {line}\nEND\n{line}\ncode=$?\n[ $code -eq {code} ] || {{ echo \"[ended with $code, not {code}]\"; exit 99; }}\n"
            );
        }
    }
    (script, count)
}

#[test]
fn commands_of_pages_are_run() {
    let (mut run, mut failed) = (0, Vec::new());
    for page in pages() {
        if !page.blocks().iter().any(|block| block.language == "sh") {
            continue;
        }
        let place = Place::with(&[("deskform.yaml", PROJECT), ("desk.yaml", DESK)]);
        programs(&place);
        let server = Server::start(&place, "--dialect openapi --organization 700002");
        let (script, count) = script(&page, server.address());
        let path = std::env::var("PATH").expect("a path");
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(place.path(""))
            .env_clear()
            .env("PATH", format!("{}/bin:{path}", place.root().display()))
            .env("HOME", place.root().join("home"))
            .env("DESKFORM_CACHE", place.cache())
            .env("DESKFORM_CONFIG", place.root().join("config"))
            .env("NO_COLOR", "1")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Ann")
            .env("GIT_AUTHOR_EMAIL", "ann@example.com")
            .env("GIT_COMMITTER_NAME", "Ann")
            .env("GIT_COMMITTER_EMAIL", "ann@example.com")
            .output()
            .expect("a shell");
        let told = String::from_utf8_lossy(&output.stdout);
        let shown = told.lines().filter(|line| line.starts_with("$ ")).count();
        if !output.status.success() || shown != count || told.contains('⚠') {
            failed.push(format!("{}:\n{told}", page.name));
        }
        run += count;
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(run >= 50, "{run}");
}

/// What is said of single lines is said of lines that there are.
#[test]
fn exceptions_are_of_lines_that_are_shown() {
    let lines = CODES.iter().map(|one| (one.0, one.1));
    for (name, line) in lines.chain(BEFORE.iter().map(|one| (one.0, one.1))) {
        let blocks = page(name).blocks();
        let shown = blocks.iter().filter(|block| block.language == "sh");
        let mut lines = shown.flat_map(|block| block.text.lines());
        assert!(
            lines.any(|shown| command_of(shown) == line),
            "{name}: {line}"
        );
    }
}

/// In blocks and in running text, whatever the shell.
#[test]
fn commands_are_commands() {
    let mut count = 0;
    for page in pages() {
        for block in page.blocks() {
            for (program, line) in commands(&page, &block) {
                if program == "deskform" {
                    parse(&line);
                    count += 1;
                }
            }
        }
        let subcommands = ["plan", "apply", "drift", "export", "validate", "auth"];
        for code in page.text.split('`').skip(1).step_by(2) {
            match code.split_once(' ') {
                Some(("deskform", _)) => parse(code),
                Some((first, _)) if subcommands.contains(&first) => {
                    parse(&format!("deskform {code}"));
                }
                _ => {}
            }
        }
    }
    assert!(count >= 50, "{count}");
}

/// The commands of a block, each with its program. Variables are lines of a program `set`.
fn commands(page: &Page, block: &Block) -> Vec<(String, String)> {
    let shell = match block.language.as_str() {
        "sh" | "console" => true,
        "powershell" => false,
        _ => return Vec::new(),
    };
    let lines = block.text.lines().map(command_of);
    lines
        .map(|line| {
            let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
            let variable = if shell {
                rest.split_once('=').filter(|_| first == "export")
            } else {
                let value = rest
                    .strip_prefix("= \"")
                    .and_then(|rest| rest.strip_suffix('"'));
                first.strip_prefix("$env:").zip(value)
            };
            if let Some((name, value)) = variable {
                return ("set".to_owned(), format!("{name}={value}"));
            }
            match (first, rest.strip_prefix("run --release -- ")) {
                ("cargo", Some(rest)) => ("deskform".to_owned(), format!("deskform {rest}")),
                ("deskform" | "cargo" | "git" | "cd", _) => (first.to_owned(), line.to_owned()),
                _ => panic!("{}: what is `{line}`?", page.name),
            }
        })
        .collect()
}

/// Whether a shell and PowerShell would take a line in two ways.
fn is_of_one_shell(line: &str) -> bool {
    let marks = ["$", "'", "\\", "&&", "|", ">", "<", "*"];
    let mut quoted = line.split('"').skip(1).step_by(2);
    let bare: String = line.split('"').step_by(2).collect();
    line.starts_with("export ")
        || quoted.any(|text| text.contains(['$', '\\']))
        || marks.iter().any(|mark| bare.contains(mark))
}

#[test]
fn lines_of_one_shell_have_a_twin_for_powershell() {
    let mut twins = 0;
    for page in pages() {
        let blocks = page.blocks();
        for (at, block) in blocks.iter().enumerate() {
            let next = blocks.get(at + 1);
            let twin = next.filter(|block| block.language == "powershell");
            match (block.language.as_str(), twin) {
                ("sh", Some(twin)) => {
                    let both = (commands(&page, block), commands(&page, twin));
                    assert_eq!(both.0, both.1, "{}", page.name);
                    twins += 1;
                }
                ("sh", None) => assert!(
                    !block.text.lines().map(command_of).any(is_of_one_shell),
                    "{} shows no lines for PowerShell after\n{}",
                    page.name,
                    block.text
                ),
                (_, None) => {}
                (_, Some(_)) => panic!("{}: of what is it the twin?", page.name),
            }
        }
    }
    assert!(twins >= 2, "{twins}");
}

#[test]
fn what_one_shell_alone_understands_is_told() {
    for line in [
        "export A=1",
        "deskform -e '*' plan",
        "deskform -e * plan",
        "deskform -e \"$NAME\" plan",
        "git log > log",
    ] {
        assert!(is_of_one_shell(line), "{line}");
    }
    for line in [
        "deskform -e \"*\" plan",
        "deskform plan",
        "git commit -m \"a b\"",
    ] {
        assert!(!is_of_one_shell(line), "{line}");
    }
}
