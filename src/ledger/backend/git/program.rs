//! The program `git`: how it is run, and what its words mean.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command as Plain, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use super::super::MAX_WORDS;
use crate::ledger::error::Trouble;
use crate::safe::mask::masked;

/// Longest time for one call; the largest ledger has to fit.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);
/// Most of what is read of an answer that is a line, and of git's complaints, in bytes.
const MAX_LINE: usize = 64 * 1024;
/// Who makes the commits.
const COMMITTER: &str = "deskform";
const EMAIL: &str = "deskform@localhost";

/// Settings of the user or of the clone that would stop a call or change what it does.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "color.ui=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.writeCommitGraph=false",
    "fetch.recurseSubmodules=false",
    "submodule.recurse=false",
    "push.pushOption=",
    "push.useForceIfIncludes=false",
    "i18n.commitEncoding=UTF-8",
    "credential.interactive=false",
    // What lies in a project folder is no repository whose settings are followed; see `planted`.
    "safe.bareRepository=explicit",
];

/// What would point git to another repository, or change what it says.
const VARIABLES: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_CONFIG",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_QUARANTINE_PATH",
    "GIT_CURL_VERBOSE",
    "GIT_REDIRECT_STDIN",
    "GIT_REDIRECT_STDOUT",
    "GIT_REDIRECT_STDERR",
    "SSH_ASKPASS",
];

/// Without these git is not found, or not its settings: no secret that they happen to contain is a
/// reason to take them away.
const NEEDED: &[&str] = &[
    "PATH",
    "HOME",
    "XDG_CONFIG_HOME",
    "SSH_AUTH_SOCK",
    "USERPROFILE",
    "SYSTEMROOT",
    "TMPDIR",
    "TEMP",
];

/// How ssh is called where nobody has settled that: it asks nothing on the terminal, and leaves no
/// process behind that holds on to what it was given.
const SSH: &str = "ssh -oBatchMode=yes -oControlMaster=no";

/// Why a call failed.
#[derive(Debug, Clone)]
pub(crate) struct Failed {
    pub(crate) reason: String,
    pub(crate) trouble: Trouble,
}

impl Failed {
    fn new(trouble: Trouble, reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            trouble,
        }
    }

    /// Something that git never says.
    pub(super) fn odd(reason: String) -> Self {
        Self::new(Trouble::Other, reason)
    }

    /// Whether saying it again is of no use.
    pub(super) fn is_final(&self) -> bool {
        !matches!(self.trouble, Trouble::Unreachable | Trouble::Moved)
    }

    /// What git complains about.
    fn of(output: &Output) -> Self {
        let said = String::from_utf8_lossy(&output.stderr);
        let listed = String::from_utf8_lossy(&output.stdout);
        // `!<tab>from:to<tab>[rejected] (stale info)`
        let refused = listed.lines().filter_map(|line| {
            let (_, rest) = line.strip_prefix("!\t")?.split_once('\t')?;
            Some(rest)
        });
        let lines = said.lines().filter(|line| {
            let repeats = ["hint:", "warning:", "error: failed to push some refs"];
            !repeats.iter().any(|word| line.starts_with(word))
        });
        let lines = refused.chain(lines);
        let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
        let words = words.join(" ");
        let trouble = trouble(&words.to_lowercase());
        Self::new(trouble, shown(&words))
    }
}

/// What a complaint in small letters is about.
fn trouble(said: &str) -> Trouble {
    // What stands in quotes is an address or a path, whatever words are in it.
    let words = said.split(' ').filter(|word| !word.starts_with('\''));
    let said = words.collect::<Vec<_>>().join(" ");
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["not a git repository", "dubious ownership"]) && !has(&["could not read from remote"])
    {
        Trouble::NoRepository
    } else if has(&["no such remote"]) {
        Trouble::NoRemote
    } else if has(&[
        "cannot lock ref",
        "failed to update ref",
        "stale info",
        "fetch first",
        "incorrect old value",
    ]) {
        Trouble::Moved
    } else if has(&[
        "permission denied",
        "permission to",
        "access denied",
        "authentication failed",
        "could not read username",
        "could not read password",
        "terminal prompts disabled",
        "returned error: 401",
        "returned error: 403",
        "not allowed",
        "unauthorized",
        "forbidden",
        "protected",
        "declined",
        "write access",
        "host key verification failed",
        "unable to create temporary object directory",
        "insufficient permission",
    ]) {
        Trouble::Denied
    } else if has(&[
        "could not resolve",
        "unable to access",
        "could not read from remote",
        "does not appear to be a git repository",
        "unreachable",
        "connection",
        "hung up",
        "timed out",
        "early eof",
        "rpc failed",
        "unable to connect",
        "returned error: 5",
    ]) {
        Trouble::Unreachable
    } else {
        Trouble::Other
    }
}

/// A complaint as it may be shown: without what may be a password, and not too long.
fn shown(words: &str) -> String {
    let words = masked(&without_credentials(words)).into_owned();
    match words.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
        None if words.is_empty() => "git gives no reason".to_owned(),
        None => words,
    }
}

/// A text in which web addresses have lost names, passwords and queries.
fn without_credentials(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        // A password may hold any letter but a blank, so the last sign of its end counts.
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let (word, behind) = after.split_at(end);
        let word = match word.rsplit_once('@') {
            Some((_, host)) => host,
            None => word,
        };
        let end = word
            .find(|c: char| "'\"`<>".contains(c))
            .unwrap_or(word.len());
        let (address, end) = word.split_at(end);
        match address.split_once(['?', '#']) {
            Some((path, _)) => {
                out.push_str(path);
                out.push_str("?…");
            }
            None => out.push_str(address),
        }
        out.push_str(end);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Whether nobody can tell from an address alone where it leads: what looks like a name before the
/// host stands behind it, or a part of the path is written in disguise.
fn is_odd(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("://") else {
        return false;
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (_, path) = rest.split_at(end);
    let path = path.to_ascii_lowercase();
    ["@", "\\", "?", "#", "%2e", "%2f", "%5c"]
        .iter()
        .any(|sign| path.contains(sign))
}

/// Runs git in a folder.
pub(crate) struct Program {
    folder: PathBuf,
    remote: String,
    /// Whether nothing is fetched, which would write into the clone.
    is_local: bool,
    has_own_ssh: OnceLock<bool>,
}

impl Program {
    pub(super) fn new(folder: &Path, remote: &str) -> Self {
        Self {
            folder: folder.to_path_buf(),
            remote: remote.to_owned(),
            is_local: false,
            has_own_ssh: OnceLock::new(),
        }
    }

    /// One that reads what the clone around a folder holds, and neither fetches nor writes anything.
    pub(crate) fn local(folder: &Path) -> Result<Self, Failed> {
        refuse_planted(folder)?;
        Ok(Self {
            is_local: true,
            ..Self::new(folder, "")
        })
    }

    /// How git is told where the remote is: by its name, or by the address that is pushed to where
    /// that is another one.
    pub(super) async fn address(&self) -> Result<String, Failed> {
        let (folder, remote) = (self.folder.clone(), self.remote.clone());
        let found = tokio::task::spawn_blocking(move || addresses(&folder, &remote)).await;
        let (read, written) = found.map_err(|error| Failed::odd(error.to_string()))??;
        Ok(if read == written {
            self.remote.clone()
        } else {
            written
        })
    }

    /// Runs a call that answers with one line, such as an id.
    pub(crate) async fn made(&self, words: &[&str], input: &[u8]) -> Result<String, Failed> {
        let line = self.run(words, input, MAX_LINE).await?;
        Ok(String::from_utf8_lossy(&line).trim().to_owned())
    }

    /// Runs a call that makes a commit.
    pub(super) async fn committed(
        &self,
        words: &[&str],
        message: &str,
        author: Option<&str>,
    ) -> Result<String, Failed> {
        let mut command = self.command(words);
        let author = author.map(name).filter(|name| !name.is_empty());
        command
            .env("GIT_AUTHOR_NAME", author.as_deref().unwrap_or(COMMITTER))
            .env("GIT_AUTHOR_EMAIL", EMAIL)
            .env("GIT_COMMITTER_NAME", COMMITTER)
            .env("GIT_COMMITTER_EMAIL", EMAIL)
            .env_remove("GIT_AUTHOR_DATE")
            .env_remove("GIT_COMMITTER_DATE");
        let id = Box::pin(finish(command, message.as_bytes(), MAX_LINE)).await?;
        Ok(String::from_utf8_lossy(&id).trim().to_owned())
    }

    /// Runs a call that talks to the remote.
    pub(super) async fn over_network(&self, words: &[&str]) -> Result<Vec<u8>, Failed> {
        // Its settings for the remote: those that forbid to name what is pushed.
        let mirror = format!("remote.{}.mirror=false", self.remote);
        let mut all = vec!["-c", &mirror];
        all.extend_from_slice(words);
        Box::pin(finish(self.command(&all), b"", MAX_LINE)).await
    }

    /// Runs a call and returns what it prints, at most `limit` bytes.
    pub(crate) async fn run(
        &self,
        words: &[&str],
        input: &[u8],
        limit: usize,
    ) -> Result<Vec<u8>, Failed> {
        Box::pin(finish(self.command(words), input, limit)).await
    }

    /// Any call may go over the network: a partial clone fetches what it lacks by itself.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = command(&self.folder, words);
        if self.is_local {
            command.env("GIT_NO_LAZY_FETCH", "1");
            return Command::from(command);
        }
        if !self.has_own_ssh.get_or_init(|| has_own_ssh(&self.folder)) {
            command.env("GIT_SSH_COMMAND", SSH);
        }
        Command::from(command)
    }
}

/// The addresses that a remote is read from and pushed to.
fn addresses(folder: &Path, remote: &str) -> Result<(String, String), Failed> {
    refuse_planted(folder)?;
    let ask = |words: &[&str]| -> Result<String, Failed> {
        let output = command(folder, words)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| not_started(&error, folder))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(explained(Failed::of(&output), remote))
        }
    };
    let written = ask(&["remote", "get-url", "--push", "--all", remote])?;
    let read = ask(&["remote", "get-url", remote])?;
    match written.lines().count() {
        1 => Ok((read, written)),
        count => Err(Failed::new(
            Trouble::Remotes,
            format!(
                "the remote `{remote}` is pushed to {count} addresses, and a ledger lies at one"
            ),
        )),
    }
}

/// The address that a remote is pushed to, without credentials.
pub(super) fn address(folder: &Path, remote: &str) -> Result<String, Failed> {
    let (_, written) = addresses(folder, remote)?;
    let shown = without_credentials(&written);
    if is_odd(&written) {
        return Err(Failed::new(
            Trouble::Address,
            format!(
                "nobody can tell from the address of the remote `{remote}` (`{shown}`) where it leads"
            ),
        ));
    }
    Ok(shown)
}

fn refuse_planted(folder: &Path) -> Result<(), Failed> {
    let Some(planted) = planted(folder) else {
        return Ok(());
    };
    Err(Failed::new(
        Trouble::Planted,
        format!(
            "`{}` holds what git takes for a repository, with settings of its own",
            planted.display()
        ),
    ))
}

/// The folder, at or above the project's and below the clone's, that git would take for a repository
/// before it finds the clone.
///
/// A pull request cannot bring a `.git`, but it can bring a folder that looks like what lies in one,
/// and git does what the settings there say: run a program, for one.
fn planted(folder: &Path) -> Option<PathBuf> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    // Git looks from where the folder really is.
    let folder = folder.canonicalize().ok()?;
    let has = |folder: &Path, name: &str| folder.join(name).symlink_metadata().is_ok();
    folder
        .ancestors()
        .take_while(|folder| !has(folder, ".git"))
        .find(|folder| has(folder, "HEAD") && (has(folder, "objects") || has(folder, "commondir")))
        .map(Path::to_path_buf)
}

fn explained(failed: Failed, remote: &str) -> Failed {
    let reason = match failed.trouble {
        Trouble::NoRepository if failed.reason.contains("ownership") => return failed,
        Trouble::NoRepository => {
            "the project folder lies in no clone of a git repository".to_owned()
        }
        Trouble::NoRemote => format!("the clone has no remote `{remote}`"),
        _ => return failed,
    };
    Failed::new(failed.trouble, reason)
}

fn not_started(error: &io::Error, folder: &Path) -> Failed {
    // Said alike of a program and of the folder that it is to run in.
    if error.kind() == io::ErrorKind::NotFound && folder.is_dir() {
        Failed::new(Trouble::NoProgram, "there is no program `git`")
    } else {
        Failed::new(Trouble::Other, format!("`git` cannot be started: {error}"))
    }
}

/// Git in a folder, with nothing of the user's in its way.
fn command(folder: &Path, words: &[&str]) -> Plain {
    let mut command = Plain::new("git");
    command.current_dir(if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    });
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.args(words);
    for (name, value) in std::env::vars_os() {
        let is_trace = name
            .to_str()
            .is_some_and(|name| name.starts_with("GIT_TRACE"));
        let is_ours = VARIABLES.iter().any(|one| name == *one);
        let is_needed = NEEDED.iter().any(|one| name == *one);
        if is_trace || is_ours || (!is_needed && is_secret(&value)) {
            command.env_remove(name);
        }
    }
    command
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("SSH_ASKPASS_REQUIRE", "never")
        .env("GCM_INTERACTIVE", "never")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_OPTIONAL_LOCKS", "0");
    // A signal from the terminal is for this process, which finishes what is under way.
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    command
}

/// Whether a value is one of the credentials and secrets of a project, which git has no use for.
fn is_secret(value: &OsString) -> bool {
    let value = value.to_string_lossy();
    masked(&value) != value
}

/// Whether the user has settled how ssh is called.
fn has_own_ssh(folder: &Path) -> bool {
    let is_set = |name| std::env::var_os(name).is_some();
    let is_configured = || {
        command(folder, &["config", "--get", "core.sshCommand"])
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success())
    };
    is_set("GIT_SSH_COMMAND") || is_set("GIT_SSH") || is_configured()
}

/// The name of an author as git takes it.
fn name(who: &str) -> String {
    who.chars()
        .filter(|c| !c.is_control() && !"<>".contains(*c))
        .take(100)
        .collect::<String>()
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_owned()
}

/// Runs a command to its end.
async fn finish(mut command: Command, input: &[u8], limit: usize) -> Result<Vec<u8>, Failed> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let folder = command.as_std().get_current_dir().map(Path::to_path_buf);
    let folder = folder.unwrap_or_default();
    let mut child = command
        .spawn()
        .map_err(|error| not_started(&error, &folder))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // One that does not read on says why.
            let _ = stdin.write_all(input).await;
        }
    };
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let read = async {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let out_read = async {
            match stdout {
                Some(stdout) => {
                    let mut stdout = stdout.take(limit.saturating_add(1));
                    stdout.read_to_end(&mut out).await.map(drop)
                }
                None => Ok(()),
            }
        };
        let err_read = async {
            match stderr {
                Some(mut stderr) => {
                    let mut some = (&mut stderr).take(MAX_LINE as u64);
                    some.read_to_end(&mut err).await?;
                    tokio::io::copy(&mut stderr, &mut tokio::io::sink())
                        .await
                        .map(drop)
                }
                None => Ok(()),
            }
        };
        let (one, other) = futures_util::join!(out_read, err_read);
        one.and(other).map(|()| (out, err))
    };
    let whole = async {
        let ((), read) = futures_util::join!(write, read);
        let (stdout, stderr) = read?;
        let status = child.wait().await?;
        Ok::<Output, io::Error>(Output {
            status,
            stdout,
            stderr,
        })
    };
    let output = match tokio::time::timeout(CALL_TIMEOUT, whole).await {
        Ok(output) => output.map_err(|error| Failed::odd(error.to_string()))?,
        Err(_) => {
            let seconds = CALL_TIMEOUT.as_secs();
            let reason = format!("git gave no answer for {seconds} s");
            return Err(Failed::new(Trouble::Unreachable, reason));
        }
    };
    if !output.status.success() {
        return Err(Failed::of(&output));
    }
    if output.stdout.len() as u64 > limit {
        return Err(Failed::odd("its answer is too long".to_owned()));
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_addresses_are_left_out() {
        for (text, expected) in [
            (
                "fatal: unable to access 'https://jane:hush@git.example.com/a.git/': 403",
                "fatal: unable to access 'https://git.example.com/a.git/': 403",
            ),
            (
                "https://token@a.example.com https://x:p/w@d@b.example.com/c?private_token=hush x",
                "https://a.example.com https://b.example.com/c?… x",
            ),
            ("ssh://git@a.example.com/b", "ssh://a.example.com/b"),
            ("git@a.example.com:b", "git@a.example.com:b"),
            (
                "unable to access 'https://jane:hu'sh@a.example.com/b/': 403",
                "unable to access 'https://a.example.com/b/': 403",
            ),
            (
                "'https://jane:hu\"s`h<>@a.example.com/b?x=hush': 403",
                "'https://a.example.com/b?…': 403",
            ),
            (
                "https://jane:hu/s?h#@a.example.com",
                "https://a.example.com",
            ),
            ("no address", "no address"),
        ] {
            assert_eq!(without_credentials(text), expected);
        }
    }

    #[test]
    fn an_address_in_disguise_is_known() {
        for (address, expected) in [
            ("https://a.example.com/b.git", false),
            ("https://jane:hush@a.example.com/My%20Project/b", false),
            ("ssh://git@a.example.com:22/b", false),
            ("git@a.example.com:b", false),
            ("../remote.git", false),
            ("https://evil.example.com/x@a.example.com/b", true),
            ("https://evil.example.com?@a.example.com/b", true),
            ("https://evil.example.com#@a.example.com/b", true),
            ("https://evil.example.com\\@a.example.com/b", true),
            ("https://a.example.com/b/%2E%2e/c", true),
            ("https://a.example.com/b/..%2fc", true),
            ("https://a.example.com/b\\..\\c", true),
        ] {
            assert_eq!(is_odd(address), expected, "{address}");
        }
    }

    #[test]
    fn a_folder_that_only_looks_like_a_repository_is_found() {
        let root = tempfile::tempdir().unwrap();
        let clone = root.path().canonicalize().unwrap();
        let project = clone.join("a/b");
        std::fs::create_dir_all(&project).unwrap();
        let check = |expected: Option<&str>| {
            let expected = expected.map(|folder| clone.join(folder));
            assert_eq!(planted(&project), expected);
        };
        check(None);
        std::fs::create_dir(clone.join("a/objects")).unwrap();
        check(None);
        std::fs::write(clone.join("a/HEAD"), "ref: refs/heads/main\n").unwrap();
        check(Some("a"));
        std::fs::write(project.join("HEAD"), "").unwrap();
        check(Some("a"));
        std::fs::write(project.join("commondir"), "../x").unwrap();
        check(Some("a/b"));
        // Another clone below counts, and so does a linked one, whose `.git` is a file.
        std::fs::write(project.join(".git"), "gitdir: /x\n").unwrap();
        check(None);
        std::fs::remove_file(project.join(".git")).unwrap();
        // Above the clone nobody looks.
        std::fs::create_dir(clone.join("a/b/.git")).unwrap();
        check(None);
    }

    #[test]
    fn what_git_says_is_bounded() {
        let long = "https://a:hush@b.example.com ".repeat(1000);
        let shown = shown(&long);
        assert!(!shown.contains("hush"));
        assert_eq!(shown.chars().count(), MAX_WORDS + 1);
        assert_eq!(super::shown(""), "git gives no reason");
    }

    #[test]
    fn complaints_are_understood() {
        for (said, expected) in [
            (
                "fatal: not a git repository (or any of the parent directories): .git",
                Trouble::NoRepository,
            ),
            (
                "fatal: detected dubious ownership in repository at '/x'",
                Trouble::NoRepository,
            ),
            ("error: no such remote 'origin'", Trouble::NoRemote),
            (
                "fatal: could not read username for 'https://x': terminal prompts disabled",
                Trouble::Denied,
            ),
            (
                "git@x: permission denied (publickey). fatal: could not read from remote repository.",
                Trouble::Denied,
            ),
            (
                "[remote rejected] (pre-receive hook declined)",
                Trouble::Denied,
            ),
            (
                "fatal: '/gone' does not appear to be a git repository fatal: could not read from remote repository.",
                Trouble::Unreachable,
            ),
            (
                "fatal: unable to access 'https://x/': could not resolve host: x",
                Trouble::Unreachable,
            ),
            (
                "fatal: unable to access 'https://x/protected/forbidden.git/': could not resolve host: x",
                Trouble::Unreachable,
            ),
            ("[rejected] (stale info)", Trouble::Moved),
            (
                "[remote rejected] (cannot lock ref 'refs/deskform/x': is at 1 but expected 2)",
                Trouble::Moved,
            ),
            ("something else", Trouble::Other),
        ] {
            assert_eq!(trouble(said), expected, "{said}");
        }
    }

    #[test]
    fn authors_are_names_that_git_takes() {
        for (who, expected) in [
            ("jane.doe", "jane.doe"),
            ("Jane <x>\n", "Jane x"),
            ("\u{1b}[31m", "31m"),
            ("...", ""),
        ] {
            assert_eq!(name(who), expected);
        }
    }
}
