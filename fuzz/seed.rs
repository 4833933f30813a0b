//! Writes what fuzzing starts from into `corpus/<target>/`, made from the examples and the tests.

use std::fs;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().unwrap_or(here);
    for (number, (target, bytes)) in deskform_fuzz::entry::seeds(root).iter().enumerate() {
        let folder = here.join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{number:04}")), bytes)?;
    }
    Ok(())
}
