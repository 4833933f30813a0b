//! The real binary in folders of its own: no terminal, no network, nothing of the user's.

#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a module of several test binaries, each of which uses a part of it; a test panics to fail"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A small desk.
pub const DESK: &str = "\
departments:
  Billing: {description: Invoices}
  Support: {description: Answers}
accounts:
  Example Corporation: {website: https://www.example.com}
contacts:
  jane.doe@example.com: {lastName: Doe, account: Example Corporation}
";

/// A project folder and a cache folder that vanish in the end.
pub struct Place {
    root: TempDir,
    variables: BTreeMap<String, String>,
}

/// A report in one line, without the edge beside which it stands.
pub fn flat(report: &str) -> String {
    let words = report.split_whitespace().filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

/// Fails unless a run tells of the ledger that the environment `production` left behind when it was called
/// `prod`, and of the way out.
pub fn tells_of_the_renamed(run: &Run, ledger: &str) {
    let told = flat(&run.stderr);
    for words in [
        format!(
            "the environment `production` has no ledger, and `{ledger}` is one of the same organization, of an environment `prod` that the project does not have"
        ),
        "`deskform -e production ledger move prod`".to_owned(),
    ] {
        assert!(told.contains(&words), "{words}\n{run}");
    }
}

/// What came of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    line: String,
}

impl Place {
    /// An empty project folder.
    pub fn empty() -> Self {
        let root = TempDir::new().expect("a folder");
        fs::create_dir(root.path().join("project")).expect("a folder");
        Self {
            root,
            variables: BTreeMap::new(),
        }
    }

    /// A copy of the repository's `examples`, as they lie side by side.
    pub fn examples() -> Self {
        let place = Self::empty();
        copy(&repository().join("examples"), &place.path("examples"));
        place
    }

    /// A project of the given files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let place = Self::empty();
        for (name, text) in files {
            place.write(name, text);
        }
        place
    }

    /// The folder of the project and its cache.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The folder of cached tokens.
    pub fn cache(&self) -> PathBuf {
        self.root().join("cache")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join("project").join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a writable file");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Replaces a text that stands in a file.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} holds no {from}:\n{text}");
        self.write(name, &text.replace(from, to));
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("a file");
    }

    /// The files of the project with their contents.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut out = BTreeMap::new();
        collect(&self.path(""), "", &mut out);
        // Where a run that changes nothing waits for its turn, and what git keeps for itself.
        out.retain(|name, _| {
            Path::new(name).extension() != Some("guard".as_ref()) && !name.starts_with(".git/")
        });
        out
    }

    /// Makes the project folder a clone of a bare repository beside it, which counts what is pushed.
    pub fn in_git(&mut self) {
        git(self.root(), "init --quiet --bare remote.git");
        git(&self.path(""), "init --quiet");
        git(&self.path(""), "remote add origin ../remote.git");
        self.hook("");
        let path = std::env::var("PATH").expect("a path");
        self.set("PATH", &path);
        // Nothing of the user's.
        let home = self.root().join("home").display().to_string();
        self.set("HOME", &home);
        self.set("GIT_CONFIG_NOSYSTEM", "1");
    }

    /// The bare repository.
    pub fn remote(&self) -> PathBuf {
        self.root().join("remote.git")
    }

    /// How often something was pushed to the bare repository, with effect or without.
    pub fn pushes(&self) -> usize {
        let counted = fs::read_to_string(self.remote().join("pushes"));
        counted.map_or(0, |text| text.lines().count())
    }

    /// Lets the bare repository count a push and then do this, before it has any effect.
    pub fn hook(&self, script: &str) {
        self.script(
            "pre-receive",
            &format!("echo x >> pushes\ncat > last\n{script}"),
        );
    }

    /// Lets the bare repository do this when a push has had its effect.
    pub fn hook_after(&self, script: &str) {
        self.script("post-receive", &format!("cat > /dev/null\n{script}"));
    }

    fn script(&self, name: &str, script: &str) {
        let path = self.remote().join("hooks").join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
    }

    /// Sets an environment variable of all later runs.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// The command, ready to be started.
    pub fn command(&self, words: &[String]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deskform"));
        command
            .args(words)
            .current_dir(self.path(""))
            .env_clear()
            .env("NO_COLOR", "1")
            .env("DESKFORM_CACHE", self.cache())
            .envs(&self.variables)
            .stdin(Stdio::null());
        command
    }

    /// Runs the command in the project folder; the line is split as a shell does.
    pub fn run(&self, line: &str) -> Run {
        self.run_command(self.command(&words(line)), line)
    }

    /// Runs a command of this place; the line is what its report says was run.
    pub fn run_command(&self, mut command: Command, line: &str) -> Run {
        let output = command.output().expect("the binary");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Run {
            code: output.status.code().expect("no signal"),
            stdout: self.mask(&text(output.stdout)),
            stderr: self.mask(&text(output.stderr)),
            line: line.to_owned(),
        }
    }

    /// A line of the shell on a terminal; what comes to the terminal arrives on standard output.
    ///
    /// What is typed there is written to standard input, and has no end.
    pub fn on_terminal(&self, shell: &str) -> Command {
        let mut command = self.command(&[]);
        let mut terminal = Command::new("script");
        terminal
            .args(["--quiet", "--return", "--command", shell, "/dev/null"])
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in command.env("TERM", "dumb").get_envs() {
            terminal.env(name, value.expect("a value"));
        }
        terminal
    }

    /// Runs the command on a terminal, where somebody types an answer; both streams arrive as one.
    pub fn asked(&self, line: &str, answer: &str) -> Run {
        let mut terminal = self.on_terminal(&shell_line(&self.command(&words(line))));
        let mut child = terminal.spawn().expect("`script` of util-linux");
        let mut stdin = child.stdin.take().expect("a pipe");
        writeln!(stdin, "{answer}").expect("an answer");
        // A terminal has no end: what is typed is all there is.
        let output = child.wait_with_output().expect("an end");
        drop(stdin);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        Run {
            code: output.status.code().expect("no signal"),
            stdout: self.mask(&text.replace('\r', "")),
            stderr: String::new(),
            line: line.to_owned(),
        }
    }

    /// Runs the command, which must succeed.
    pub fn done(&self, line: &str) -> Run {
        let run = self.run(line);
        assert_eq!(run.code, 0, "{run}");
        run
    }

    /// Runs the command, which must be refused with exit code 1 and write nothing in the project.
    pub fn refused(&self, line: &str) -> Run {
        let before = self.files();
        let run = self.run(line);
        assert_eq!(run.code, 1, "{run}");
        assert!(self.files() == before, "something was written:\n{run}");
        run
    }

    fn mask(&self, text: &str) -> String {
        text.replace(self.root().to_str().expect("UTF-8"), "[root]")
    }
}

impl Run {
    /// What stands on standard output below the line that says where the command worked.
    pub fn report(&self) -> &str {
        let (first, rest) = self.stdout.split_once('\n').expect("a first line");
        assert!(first.starts_with("Environment "), "{self}");
        rest.trim_start_matches('\n')
    }

    /// The last line of standard output, which sums up.
    pub fn summary(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }
}

impl std::fmt::Display for Run {
    /// The command line, standard output, then standard error and the exit code in brackets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "$ deskform {}\n{}", self.line, self.stdout)?;
        if !self.stdout.is_empty() && !self.stdout.ends_with('\n') {
            f.write_str("[no newline]\n")?;
        }
        if !self.stderr.is_empty() {
            write!(f, "[stderr]\n{}", self.stderr)?;
        }
        writeln!(f, "[exit {}]", self.code)
    }
}

/// A plan's JSON without when it was made, and without what a stall of the machine could change.
pub fn without_latency(text: &str) -> String {
    let text = match text.split_once("\"time\": \"") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c| c != '"');
            format!("{before}\"time\": \"[time]{rest}")
        }
        None => text.to_owned(),
    };
    match text.split_once("\"latencyMs\": ") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}\"latencyMs\": [ms]{rest}")
        }
        None => text,
    }
}

/// Several runs as one text.
pub fn transcript(runs: &[Run]) -> String {
    let mut out = String::new();
    for run in runs {
        writeln!(out, "{run}").expect("a text");
    }
    out
}

/// Runs git, which these tests need, and returns what it prints.
pub fn git(folder: &Path, line: &str) -> String {
    let output = Command::new("git")
        .args(words(line))
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", folder)
        .stdin(Stdio::null())
        .output()
        .expect("`git` is missing: install it, these tests need it");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {line}: {said}");
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim()
        .to_owned()
}

/// A line split into words; quotes of both kinds keep blanks.
pub fn words(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => out.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    assert!(quote.is_none(), "an open quote in {line}");
    out.extend(word);
    out
}

/// A command as a shell takes it, without its environment.
pub fn shell_line(command: &Command) -> String {
    let quoted = |word: &std::ffi::OsStr| {
        let word = word.to_str().expect("UTF-8");
        format!("'{}'", word.replace('\'', "'\\''"))
    };
    let program = std::iter::once(command.get_program());
    let words: Vec<String> = program.chain(command.get_args()).map(quoted).collect();
    words.join(" ")
}

/// The folder of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}

/// Copies a folder without what runs left in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for path in entries(from) {
        let name = path.file_name().expect("a name");
        if name == ".deskform" {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("a copy");
        }
    }
}

fn collect(folder: &Path, prefix: &str, out: &mut BTreeMap<String, Vec<u8>>) {
    for path in entries(folder) {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = format!("{prefix}{}", name.expect("UTF-8"));
        if path.is_dir() {
            collect(&path, &format!("{name}/"), out);
        } else {
            out.insert(name, fs::read(&path).expect("a file"));
        }
    }
}

/// `deskform simulate` as a process of its own, which ends with this value.
pub struct Server {
    child: Child,
    address: String,
    /// What it printed when it was ready, with the port replaced.
    pub greeting: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts it on any free port; `options` is the rest of the command line.
    pub fn start(place: &Place, options: &str) -> Self {
        let line = format!("simulate --port 0 {options}");
        let mut child = place
            .command(&words(&line))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut server = Self {
            child,
            address: String::new(),
            greeting: String::new(),
        };
        let organizations = line.matches("--organization").count().max(1);
        let mut tokens = 0;
        while tokens < organizations {
            let line = lines.next().expect("a greeting").expect("text");
            if let Some((_, address)) = line.split_once(" on ") {
                address.clone_into(&mut server.address);
            }
            tokens += usize::from(line.starts_with("refresh token"));
            server.greeting.push_str(&server.mask(&line));
            server.greeting.push('\n');
        }
        server
    }

    /// Its address, such as `http://127.0.0.1:8800`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A text with this server's address replaced.
    pub fn mask(&self, text: &str) -> String {
        text.replace(&self.address, "http://127.0.0.1:[port]")
    }

    /// What the server has counted.
    pub fn statistics(&self) -> Value {
        let host = self.address.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("a connection");
        write!(
            stream,
            "GET /simulator/statistics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).expect("JSON")
    }
}

/// The signals that end a run in order, as `kill` calls them.
pub const SIGNALS: &[&str] = if cfg!(target_os = "linux") {
    &["INT", "TERM", "HUP"]
} else {
    // Elsewhere nobody can tell whether hang-ups are ignored, so they are left as they are.
    &["INT", "TERM"]
};

/// The command, in which signals end a process unless it handles them, also where whoever runs the tests
/// ignores them: `nohup` ignores hang-ups, and a shell without job control what interrupts its background.
pub fn signals_end(place: &Place, line: &str) -> Command {
    with_signals(place.command(&words(line)))
}

/// A command that hears of signals, also where whoever runs the tests ignores them.
pub fn with_signals(plain: Command) -> Command {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default();
    let is_ignored = |number: &u32| ignored >> (number - 1) & 1 == 1;
    let names = [("HUP", 1), ("INT", 2), ("TERM", 15)]
        .into_iter()
        .filter(|(_, number)| is_ignored(number))
        .map(|(name, _)| name);
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return plain;
    }
    let option = format!("--default-signal={}", names.join(","));
    started_by(&plain, "env", &[&option])
}

/// The command, started by another program that becomes it.
pub fn started_by(plain: &Command, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(plain.get_program())
        .args(plain.get_args())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    if let Some(folder) = plain.get_current_dir() {
        command.current_dir(folder);
    }
    command
}
