//! `deskform init`.

use std::path::Path;

use super::Global;
use super::common::{Failure, file_failure};
use super::output::announce;
use crate::problem::{Code, Problem, exit, ticked};

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Without sample manifests: for an organization that `deskform export` will write
    #[arg(long)]
    bare: bool,
}

const PROJECT: &str = r#"# The project file of deskform. The first environment is the default.
# yaml-language-server: $schema=./.deskform/project.schema.json
environments:
  local:                             # the embedded simulator: no account needed
    simulator: {dialect: openapi, edition: enterprise}
  # sandbox:                         # the sandbox of an organization: an organization of its own
  #   dataCenter: us                 # us eu in au jp cn ca sa sg ae
  #   orgId: "700001"                # `deskform auth status` lists what the token reaches
  # production:
  #   dataCenter: us
  #   orgId: "700002"
  #   overlays: [overlays/production]
"#;

const IGNORED: &str =
    "# Tokens, ledgers and the simulator's state stay on this machine.\n.deskform/\n";

const DEPARTMENTS: &str = r"# yaml-language-server: $schema=../.deskform/manifest.schema.json
departments:
  Technical Support:                 # the handle; it is the name unless `name` says otherwise
    description: Handles all technical issues
";

const CUSTOMERS: &str = r"# yaml-language-server: $schema=../.deskform/manifest.schema.json
accounts:
  Example Corporation:
    website: https://www.example.com
contacts:
  jane.doe@example.com:
    firstName: Jane
    lastName: Doe
    account: Example Corporation     # references are handles
";

/// Writes a project that works at once.
///
/// # Errors
/// [`Failure`] when one of the files exists already, or cannot be written.
pub fn run(global: &Global, args: &Args) -> Result<u8, Failure> {
    let folder = &global.directory;
    let manifest_schema = format!("{:#}\n", crate::kind::schema::manifest_schema());
    let project_schema = format!("{:#}\n", crate::config::schema::project_schema());
    let mut files: Vec<(&str, &str)> = vec![
        ("deskform.yaml", PROJECT),
        (".gitignore", IGNORED),
        (".deskform/manifest.schema.json", &manifest_schema),
        (".deskform/project.schema.json", &project_schema),
    ];
    if !args.bare {
        files.push(("manifests/departments.yaml", DEPARTMENTS));
        files.push(("manifests/customers.yaml", CUSTOMERS));
    }
    let taken: Vec<&str> = files
        .iter()
        .map(|(name, _)| *name)
        // An ignore file may hold what belongs to others; schemas are made anew at any time.
        .filter(|name| *name != ".gitignore" && !name.starts_with(".deskform/"))
        .filter(|name| folder.join(name).exists())
        .collect();
    if !taken.is_empty() {
        return Err(Problem::error(
            Code::Exists,
            format!(
                "{} {} already",
                ticked(&taken, "and"),
                if taken.len() == 1 { "exists" } else { "exist" }
            ),
        )
        .help("choose another folder with `-C`; nothing was written")
        .into());
    }
    for (name, text) in files {
        let path = folder.join(name);
        if name == ".gitignore" && path.exists() {
            append_ignored(&path)?;
        } else {
            super::files::write_file(&path, text.as_bytes())?;
        }
    }
    if !global.quiet {
        let wrote = if args.bare {
            "Wrote deskform.yaml. Next: add your organization there, then `deskform -e NAME export manifests`.\n"
        } else {
            "Wrote deskform.yaml and manifests/. Next: `deskform plan`, then `deskform apply`.\n"
        };
        announce(global, wrote);
    }
    Ok(exit::OK)
}

fn append_ignored(path: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| file_failure("read", path, &error))?;
    if text.lines().any(|line| {
        matches!(
            line.trim(),
            ".deskform" | ".deskform/" | "/.deskform/" | "/.deskform"
        )
    }) {
        return Ok(());
    }
    let separator = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    super::files::write_file(path, format!("{text}{separator}{IGNORED}").as_bytes())
}
