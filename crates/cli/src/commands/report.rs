//! `g2r report`.

use std::fs;
use std::path::Path;

use anyhow::Context;
use harness::page::{PageConfig, experiment_of, page_of};

use crate::args::ReportArgs;
use crate::failure::{Blame, Failure};
use crate::stdout;

/// Pixels to a unit of a drawing.
const PNG_SCALE: f32 = 2.0;

/// Writes a run as one page, and its figures as files.
pub(super) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let experiment =
        experiment_of(&args.run).context("a report is made of a folder that `g2r train` has written");
    let experiment = experiment.or_input()?;
    let dataset = super::load(&experiment.dataset, &args.input.over(&experiment.input))?;
    let page = page_of(&args.run, &dataset, &PageConfig { map_nodes: args.map_nodes as usize }).or_input()?;
    let html = args.out.clone().unwrap_or_else(|| args.run.join("report.html"));
    write(&html, page.to_html().as_bytes())?;
    let mut written = vec![html.display().to_string()];
    if args.plots {
        let folder = html.with_file_name("plots");
        fs::create_dir_all(&folder).with_context(|| format!("cannot write {}", folder.display())).or_run()?;
        for plot in page.plots() {
            write(&folder.join(format!("{}.svg", plot.name())), plot.svg().as_bytes())?;
            write(&folder.join(format!("{}.png", plot.name())), &plot.to_png(PNG_SCALE).or_run()?)?;
        }
        written.push(format!("{}/*.svg, *.png", folder.display()));
    }
    stdout::line(format_args!("written to {}", written.join(", ")))
}

/// Writes a file under a temporary name and moves it to its place.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let cannot_write = || format!("cannot write {}", path.display());
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let staged = tempfile::NamedTempFile::new_in(folder).with_context(cannot_write).or_run()?;
    fs::write(staged.path(), bytes).with_context(cannot_write).or_run()?;
    // Temporary files are for their owner only; a report is for whoever may read the folder.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(staged.path(), fs::Permissions::from_mode(0o644))
            .with_context(cannot_write)
            .or_run()?;
    }
    staged.persist(path).with_context(cannot_write).or_run()?;
    Ok(())
}
